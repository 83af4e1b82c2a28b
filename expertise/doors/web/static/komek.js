/* What saves a person time. Every page works without it. */
"use strict";

for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (form.sent || form.saving) event.preventDefault(); // a double click, or a save on its way: one after the other
    else if (form.method === "post") form.sent = true;
    if (!form.sent) form.saving?.then(() => form.requestSubmit(button));
  });
}
window.addEventListener("pageshow", () => [...document.forms].forEach((form) => (form.sent = false)));
document.querySelector("[data-focus]")?.focus();

// A calendar beside a typed date. The browser draws it in its own language, hence only as an aid.
for (const input of document.querySelectorAll("[data-calendar]")) {
  const picker = document.createElement("input");
  const button = document.createElement("button");
  Object.assign(picker, { type: "date", tabIndex: -1, ariaHidden: "true" });
  Object.assign(button, { type: "button", className: "button quiet", textContent: input.dataset.calendar });
  button.onclick = () => picker.showPicker();
  picker.onchange = () => {
    input.value = picker.value.split("-").reverse().join(".");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  if (picker.showPicker) input.after(button, picker);
}

// A form that saves itself two seconds after the last key.
for (const form of document.querySelectorAll("[data-autosave]")) {
  const status = form.querySelector("[data-status]");
  const save = async () => {
    const body = new FormData(form);
    status.textContent = form.dataset.saving;
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json();
      form.elements._key.value = said.key;
      form.elements._seen.value = said.seen;
      if (said.url) history.replaceState(null, "", (form.action = said.url));
      status.textContent = said.message;
    } catch {
      status.textContent = form.dataset.unsaved;
    }
    form.saving = null;
  };
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => form.sent || (form.saving ??= save()), 2000);
  });
}
