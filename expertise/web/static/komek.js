/* What saves a person time. Every page works without it. */
"use strict";

// A double click, or a button while a save is on its way: one after the other. What other forms of the page hold, and
// what an autosaved one has not saved yet, is kept before the language is switched.
const isSwitch = (button) => button?.closest(".langs");
for (const form of document.forms) {
  form.addEventListener("input", () => (form.typed = true));
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    const first = form.saving ?? (isSwitch(button) && !form.settled && keepOthers(form));
    if (form.sent || first) event.preventDefault();
    else if (form.method === "post") form.sent = true;
    if (!form.sent && first)
      first.then(() => {
        form.settled = true;
        form.requestSubmit(button);
      });
  });
}
window.addEventListener("pageshow", () => [...document.forms].forEach((form) => (form.sent = form.settled = false)));
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
    const chosen = [...input.files];
    const wrong = chosen.some((file) => file.size > input.dataset.longest);
    name.className = wrong ? "wrong" : "";
    name.textContent = wrong
      ? input.dataset.tooLarge
      : chosen.map((file) => file.name).join(", ") || input.dataset.none;
    if (wrong) input.value = "";
  };
  label.append(button);
  input.classList.add("unseen");
  input.after(label, name);
}

// What was typed: without files, which travel once, with the button. What a page sends while it is left must be short.
const words = (form) => {
  const body = new FormData();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
  return body;
};
const post = (url, body, headers = {}) =>
  fetch(url, { method: "POST", body, headers, keepalive: new Blob([...body.values()]).size < 5e4 });

// A page that is left keeps what was typed and not sent: an autosaved form as its draft, any other to be given back.
const keep = (form) => {
  form.typed = false;
  return form.save?.() ?? post("/unsent", words(form)).catch(() => (form.typed = true));
};
const unsent = () =>
  [...document.forms].filter((form) => form.typed && !form.sent && !form.saving && form.elements._page);
const keepOthers = (form) => {
  const others = unsent().filter((other) => other !== form || other.save);
  return others.length && Promise.all(others.map(keep));
};
window.addEventListener("pagehide", () => unsent().forEach(keep));
document.addEventListener("visibilitychange", () => document.hidden && unsent().forEach(keep));

// A form that saves itself two seconds after the last key.
for (const form of document.querySelectorAll("[data-autosave]")) {
  const status = form.querySelector("[data-status]");
  const save = async () => {
    clearTimeout(timer);
    form.typed = false;
    status.textContent = form.dataset.saving;
    try {
      const answer = await post(form.action, words(form), { Accept: "application/json" });
      const said = await answer.json();
      form.typed ||= !answer.ok;
      if (said.key) form.elements._key.value = said.key;
      if (said.seen) form.elements._seen.value = said.seen;
      if (said.shown) form.elements._shown.value = said.shown;
      if (said.page) form.elements._page.value = said.page;
      if (said.url) history.replaceState(null, "", (form.action = said.url));
      const chosen = [...form.elements].some((input) => input.files?.length);
      status.textContent = chosen ? `${said.message} ${form.dataset.file}` : said.message;
    } catch {
      form.typed = true;
      status.textContent = form.dataset.unsaved;
    }
    form.saving = null;
  };
  let timer;
  form.save = () => (form.saving ??= save());
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => form.sent || form.save(), 2000);
  });
}
