"""The words of a receipt for a mail: what was done, what was not and why, and what to write instead.

A receipt is written in every language, because that of its reader is known only when it leaves. `call` in a
sentence is the number of a line of a digest with a space, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from expertise.text.catalogues import N_
from expertise.text.messages import describe, describe_problem
from expertise.text.translator import in_every_language
from workflows.definition import LANGUAGES, Definition, Text
from workflows.refusals import Problem, Refusal


def say(code: str, **values: Any) -> Text:
    """A sentence of RECEIPTS with its values, by language; a value may be text by language itself."""
    return in_every_language(
        lambda translator: translator.gettext(
            RECEIPTS[code],
            **{
                name: value[translator.language] if isinstance(value, Mapping) else value
                for name, value in values.items()
            },
        )
    )


def together(texts: list[Text], between: str = "\n") -> Text:
    """One text of several."""
    return {language: between.join(text[language] for text in texts) for language in LANGUAGES}


def reason_of(refusal: Refusal, definition: Definition) -> Text:
    """The checklist of a refusal, in the words of the pages, as the second half of a sentence."""
    return in_every_language(
        lambda translator: _continued("; ".join(item.text for item in describe(refusal, definition, translator).items))
    )


def reason_of_problem(problem: Problem) -> Text:
    """The sentence for a problem with a value or a file, as the second half of a sentence."""
    return in_every_language(lambda translator: _continued(describe_problem(problem, translator)))


def _continued(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


#: Code → its sentence.
RECEIPTS: Mapping[str, str] = {
    "no_line": N_("Line %(number)s: there is no such line in the digest, it has lines 1–%(most)s. Nothing was done."),
    "line_gone": N_(
        "Line %(number)s: you do not see this case any more, so nothing was done. If you need it, write to "
        "the coordinator."
    ),
    "which_line": N_(
        "Please say which case you mean: begin your mail with the number of its line in the digest and a "
        "word, for example “3 done: Order No. 5” or “3 comment When will it be ready?”."
    ),
    "line_unclear": N_(
        "“%(line)s” – this line was not understood, and nothing was done about it. Write a number and a "
        "word, and text after a colon: “3 done: Order No. 5”. The words: done, accept, postpone 5, status, "
        "comment."
    ),
    "comment_empty": N_("%(reference)s: the comment has no text. Please send it again: “%(call)scomment: text”."),
    "nothing_yours": N_(
        "%(reference)s: at present (%(state)s) nothing is asked of you in this case, so nothing was done. "
        "You can write “%(call)sstatus” or “%(call)scomment: text”."
    ),
    "on_the_page": N_(
        "%(reference)s: this cannot be done by mail. Your steps here: %(steps)s. Please open the link below."
    ),
    "risky": N_(
        "%(reference)s: “%(step)s” is a weighty decision and is not taken by an answer to a letter. Please "
        "open the link below: the page asks for the code of the same letter, or for signing in."
    ),
    "write_behind": N_(
        "%(reference)s: “%(step)s” – “%(field)s” is needed. Send it again in one line, “%(call)s%(word)s: "
        "…”, or open the link."
    ),
    "postpone_reason": N_(
        "%(reference)s: to extend the deadline a reason is needed. Send it again: “%(call)spostpone %(days)s: reason”."
    ),
    "postpone_days": N_(
        "%(reference)s: please say for how long (%(label)s: 1–%(most)s), and why: “%(call)spostpone %(most)s: reason”."
    ),
    "postpone_most": N_(
        "%(reference)s: it cannot be extended like that. %(label)s: 1–%(most)s. Send it again: "
        "“%(call)spostpone %(most)s: reason”."
    ),
    "postpone_vain": N_(
        "%(reference)s: with these days the deadline is still past, or it goes no further. %(label)s: 1–%(most)s."
    ),
    "postpone_whose": N_(
        "%(reference)s: extending the deadline is not yours here; it belongs to: %(roles)s. To ask for it, "
        "write: “%(call)scomment: please extend the deadline”."
    ),
    "postpone_over": N_("%(reference)s: this deadline cannot be extended again (allowed: %(times)s, used: %(given)s)."),
    "postpone_never": N_(
        "%(reference)s: in the state “%(state)s” the deadline is not extended. You can write “%(call)scomment: text”."
    ),
    "moved_on": N_(
        "%(reference)s: the case has changed since the letter was sent, so nothing was done. It is now: "
        "%(state)s. Answer the next letter, or open the link."
    ),
    "open_case": N_("Open in Komek: %(link)s"),
    "undo_of": N_("undo: %(step)s"),
    "undo_here": N_(
        "A mistake? Until %(until)s answer this letter with “undo”, or open the link: the step is taken back "
        "if nothing has happened in the case since."
    ),
    "undo_line": N_("A mistake? Until %(until)s answer: “%(number)s undo”."),
    "undo_never": N_(
        "This step cannot be undone by mail. If it was a mistake, propose a correction on the page of the "
        "case, or write to the coordinator."
    ),
    "undo_extension": N_(
        "An extension is not undone: everybody has been notified of the new date. If it was a mistake, write to the "
        "coordinator."
    ),
    "undone": N_(
        "%(reference)s: taken back – “%(step)s”. The state is again: %(state)s. The deadline is as it was: "
        "%(due)s. Both stay in the history."
    ),
    "answers_kept": N_("%(reference)s: your answers have been recorded. Still to be answered: %(rest)s"),
    "answers_noted": N_("%(reference)s: your answers have been recorded. This check was closed before."),
    "answers_unclear": N_(
        "These lines were not understood (the number of a question and its answer are needed):\n%(lines)s"
    ),
    "done": N_("%(reference)s: %(step)s. State: %(state)s."),
    "kept": N_("%(reference)s: your mail was added to the case as a comment. The state of the case has not changed."),
    "note_kept": N_("%(reference)s: your mail was added as an internal note. Only the team sees it."),
    "files_kept": N_("%(reference)s: files added to the case – %(names)s."),
    "addresses_unusable": N_(
        "Your mail went to further reply addresses (%(count)s) that have expired or belong to letters to other people; "
        "nothing was done there."
    ),
    "too_many_mails": N_(
        "So many mails have come from you that a machine may be writing them, so this one was not added to the case. "
        "An administrator will look at it."
    ),
    "meant_word": N_("If you meant “%(word)s”, answer with this word alone in the first line."),
    "meant": N_("Did you mean “%(step)s”? If so, please confirm by the link below."),
    "confirm": N_(
        "%(reference)s: “%(step)s” – our mail server could not make sure of the sender, so the step was not "
        "taken. Please confirm it by the link below."
    ),
    "confirm_automatic": N_(
        "%(reference)s: “%(step)s” – your mail looks as if a rule or a calendar had sent it, or its text has "
        "the colour of its background, so the step was not taken. Please confirm it by the link below."
    ),
    "confirm_copied": N_(
        "%(reference)s: “%(step)s” – below the word of your mail stands text that looks like a copied letter but is "
        "not of ours, so the step was not taken. Please read it again and confirm the step by the link below."
    ),
    "postponed": N_("%(reference)s: the deadline was extended. It is now: %(due)s."),
    "status": N_("%(reference)s “%(title)s”: %(state)s. Due: %(due)s. With: %(role)s. Last changed: %(changed)s."),
    "late_by": N_("%(due)s – late, working days: %(days)s"),
    "stopped_off": N_("Such letters will not come any more."),
    "stopped_digest": N_("Such letters will not come one by one any more, only once a day in the digest."),
    "stopped_not": N_("Such letters cannot be switched off: periods are counted from them."),
    "stop_undone": N_("You can change this here: %(link)s"),
    "text_not_kept": N_("The text below the commands was not added to any case."),
    "words_back": N_(
        "These words of your mail were added to no case: “%(text)s”. To add them, answer with the word "
        "“%(call)scomment” and the text below it."
    ),
    "marked_kept": N_(
        "%(reference)s: the lines behind “>” look like a quotation; they were added to the case as a comment, with "
        "their marks."
    ),
    "copied_kept": N_("%(reference)s: the words that look like a copied letter were added to the case as a comment."),
    "files_not_kept": N_(
        "These files were added to no case: %(names)s. Send the files of each case in a mail of their own, "
        "with the number of its line."
    ),
    "no_case": N_("Your mail is about no particular case and was added to none. An administrator will look at it."),
    "empty": N_("No text was found in your mail."),
    "oversize": N_(
        "The mail is too large (more than 25 MB) and was not read. Please upload the files on the page of the case."
    ),
    "not_allowed": N_("%(reference)s: this step is not yours to take by mail."),
    "write_below": N_(
        "%(reference)s: “%(step)s” – “%(field)s” is needed. Write it below the word, on a new line, and send "
        "it again, or open the link."
    ),
    "too_many_files": N_("one mail may hold at most %(most)s files."),
    "file_refused": N_("This file was not taken: %(name)s – %(reason)s"),
    "not_undone": N_("%(reference)s: %(why)s It is now: %(state)s."),
    "correct_instead": N_("If it was a mistake, propose a correction on the page of the case."),
    "ask_coordinator": N_("Please write to the coordinator."),
    "refused": N_("%(reference)s: the step “%(step)s” was not taken – %(why)s"),
    "write_to_them": N_("You can write to them: “%(call)scomment: text”."),
    "not_ready": N_("%(reference)s: “%(step)s” is not possible yet. On the page of the case: %(missing)s"),
}
