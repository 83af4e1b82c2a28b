"""Parts shared by all pages: forms, messages, values, filters, errors, language. No page of its own."""
