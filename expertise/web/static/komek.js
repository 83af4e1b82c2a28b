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

// A group of the menu closes when one goes elsewhere.
const groups = [...document.querySelectorAll(".menu details")];
const close = (where) => groups.forEach((group) => group.contains(where) || (group.open = false));
document.addEventListener("click", (event) => close(event.target));
document.addEventListener("focusin", (event) => close(event.target));
document.addEventListener("keydown", (event) => event.key === "Escape" && close(null));

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

// A file is chosen in the language of the page, which the browser's own button may not speak; one that is too
// large is turned away before it travels over a slow line.
for (const input of document.querySelectorAll("[data-choose]")) {
  const label = document.createElement("label");
  const name = document.createElement("span");
  const button = document.createElement("span");
  Object.assign(label, { className: "file", htmlFor: input.id, ariaHidden: "true" });
  Object.assign(button, { className: "button quiet", textContent: input.dataset.choose });
  name.role = "status";
  name.textContent = input.dataset.none;
  input.onchange = () => {
    const wrong = input.files[0]?.size > input.dataset.longest;
    name.className = wrong ? "wrong" : "";
    name.textContent = wrong ? input.dataset.tooLarge : input.files[0]?.name ?? input.dataset.none;
    if (wrong) input.value = "";
  };
  label.append(button);
  input.classList.add("unseen");
  input.after(label, name);
}

// A form that saves itself two seconds after the last key.
for (const form of document.querySelectorAll("[data-autosave]")) {
  const status = form.querySelector("[data-status]");
  const save = async () => {
    const body = new FormData(); // without files: they travel once, with the button
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    status.textContent = form.dataset.saving;
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json();
      form.elements._key.value = said.key;
      form.elements._seen.value = said.seen;
      if (said.url) history.replaceState(null, "", (form.action = said.url));
      const chosen = [...form.elements].some((input) => input.files?.length);
      status.textContent = chosen ? `${said.message} ${form.dataset.file}` : said.message;
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
