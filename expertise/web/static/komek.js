/* What saves a person time. Every page works without it. */
"use strict";

// A double click, or a button while a save is on its way: one after the other. What other forms of the page hold, and
// what an autosaved one has not saved yet, is kept before the language is switched. The place on the page, `#main`, goes
// with no form: the answer would begin there, and not at its news or errors.
// The second half of a double click may find the next page there, its main button under the pointer: nobody reads in
// half a second, so a page with the news of a step takes none within it.
const news = document.querySelector("main .note[data-focus]");
const isHasty = (form) => news && form.method === "post" && form.closest("main") && performance.now() < 500;
const isSwitch = (button) => button?.closest(".langs");
for (const form of document.forms) {
  form.addEventListener("input", () => (form.typed = true));
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    const first = form.saving ?? (isSwitch(button) && !form.settled && keepOthers(form));
    if (form.sent || first || isHasty(form)) event.preventDefault();
    else if (form.method === "post") {
      form.sent = true;
      if (location.hash) history.replaceState(null, "", location.pathname + location.search);
    }
    if (!form.sent && first)
      first.then(() => {
        form.settled = true;
        form.requestSubmit(button);
      });
  });
}
window.addEventListener("pageshow", () => [...document.forms].forEach((form) => (form.sent = form.settled = false)));
document.querySelector("[data-focus]")?.focus();

// An old link to an entry, or to a section, of the page of a case leads to the tab on which it stands now.
const tabs = document.querySelector("[data-history]");
const old = /^#(e(\d+)|comments|letters|trail)$/.exec(location.hash);
if (tabs && old && !document.getElementById(old[1])) {
  const at = old[2] ? `?before=${+old[2] + 20}` : "";
  const tab = /^#(comments|letters)/.test(old[0]) ? "messages" : "history";
  location.replace(tabs.dataset.history.replace(/history$/, tab) + at + old[0]);
}

// On a narrow screen the tab that is open stands in view, not at the far end of its strip.
for (const strip of document.querySelectorAll(".tabs")) {
  const here = strip.querySelector("[aria-current]");
  if (here) strip.scrollLeft = here.offsetLeft - strip.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}

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
  name.textContent = input.dataset.upload ? "" : input.dataset.none;
  input.onchange = () => {
    const chosen = [...input.files];
    const wrong = chosen.some((file) => file.size > input.dataset.longest);
    name.className = wrong ? "wrong" : "";
    name.textContent = wrong
      ? input.dataset.tooLarge
      : input.dataset.upload
        ? ""
        : chosen.map((file) => file.name).join(", ") || input.dataset.none;
    if (wrong) input.value = "";
  };
  label.append(button);
  input.classList.add("unseen");
  input.after(label, name);
}

// Several files travel in parts as soon as they are chosen (tus 1.0): a broken line costs one part, and the same file
// chosen again after a break goes on where it stopped. The form then names them, and sends no byte.
const PART = 4e5;
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1e3));
const sendFile = async (file, input, show) => {
  const mark = `upload ${file.name} ${file.size} ${file.lastModified}`;
  const ask = (url, method, headers = {}, body = undefined) =>
    fetch(url, {
      method,
      body,
      headers: {
        "Tus-Resumable": "1.0.0",
        "X-CSRFToken": input.form.elements.csrf_token.value,
        Accept: "application/json",
        ...headers,
      },
    });
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  for (let wait = 1; wait < 99; ) {
    try {
      const url = localStorage[mark];
      const answer = url
        ? await ask(url, "GET")
        : await ask(input.dataset.upload, "POST", {
            "Upload-Length": file.size,
            "Upload-Metadata": `filename ${name}`,
          });
      if (answer.status >= 500) throw answer;
      if (!url && answer.ok) localStorage[mark] = answer.headers.get("Location");
      else if (url && !answer.ok) delete localStorage[mark];
      else {
        const said = await answer.json();
        if (said.ready || said.message || !answer.ok) {
          delete localStorage[mark];
          return said;
        }
        const from = Number(answer.headers.get("Upload-Offset"));
        show(from / file.size);
        const headers = { "Upload-Offset": from, "Content-Type": "application/offset+octet-stream" };
        const added = await ask(url, "PATCH", headers, file.slice(from, from + PART));
        if (added.status >= 500) throw added;
        wait = 1;
      }
    } catch {
      await pause((wait *= 2));
    }
  }
  return { message: input.dataset.broken };
};
for (const input of document.querySelectorAll("[data-upload]")) {
  const list = input.closest(".field").querySelector("[data-attached]");
  const add = async (file) => {
    const [line, bar, label] = ["li", "progress", "label"].map((tag) => document.createElement(tag));
    label.textContent = file.name;
    line.className = "choice";
    bar.ariaLabel = file.name;
    line.append(bar, label);
    list.append(line);
    const said = await sendFile(file, input, (part) => (bar.value = part));
    const box = document.createElement("input");
    if (said.ready) {
      Object.assign(box, { type: "checkbox", name: "kept-files", value: said.key, id: `a-${said.key}`, checked: true });
      label.htmlFor = box.id;
      bar.replaceWith(box);
      input.form.typed = true;
    } else {
      bar.remove();
      label.className = "wrong";
      label.textContent = `${file.name}: ${said.message ?? input.dataset.broken}`;
    }
  };
  input.addEventListener("change", () => {
    const sent = [...input.files].map(add);
    input.value = "";
    const form = input.form;
    const all = Promise.all([form.saving, ...sent]).then(() => form.saving === all && (form.saving = null));
    form.saving = all;
  });
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

// A comment that was begun is kept two seconds after the last key, to be given back on this page.
for (const form of document.querySelectorAll("[data-draft]")) {
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      if (form.sent || form.saving) return;
      await keep(form);
      if (!form.typed) form.querySelector("[data-status]").textContent = form.dataset.draft;
    }, 2000);
  });
}

// How long a text is, while somebody types it.
for (const note of document.querySelectorAll("[data-most]")) {
  const input = document.getElementById(note.id.replace(/-count$/, ""));
  const most = Number(note.dataset.most);
  const count = () => {
    const size = [...input.value.trim()].length;
    note.textContent = `${size} / ${most}`;
    note.className = size > most ? "wrong" : "hint";
  };
  input?.addEventListener("input", count);
  if (input?.value) count();
}

// One more row of a table, without a new page; a column with a script of its own gets one from the server.
document.addEventListener("click", (event) => {
  const body = event.target.name === "_add" && event.target.closest("fieldset").querySelector("tbody");
  if (!body || body.querySelector("[data-calendar],[data-choose],[data-most]")) return;
  event.preventDefault();
  const row = body.lastElementChild.cloneNode(true);
  const number = body.children.length;
  for (const each of row.querySelectorAll("[id],[for],[name]"))
    for (const name of ["id", "for", "name", "value", "aria-describedby"])
      if (each.hasAttribute(name))
        each.setAttribute(name, each.getAttribute(name).replace(/([.-])\d+(?=[.-]|$)/, `$1${number}`));
  for (const input of row.querySelectorAll("input,textarea")) input.value = "";
  for (const text of row.querySelectorAll("label,[aria-label]")) {
    const numbered = (words) => words.replace(/\d+(?!.*\d)/, number + 1);
    if (text.matches("label")) text.textContent = numbered(text.textContent);
    else text.setAttribute("aria-label", numbered(text.getAttribute("aria-label")));
  }
  body.append(row);
  row.querySelector("input,textarea,select").focus();
});

// A form that saves itself two seconds after the last key.
for (const form of document.querySelectorAll("[data-autosave]")) {
  const status = form.querySelector("[data-status]") ?? document.querySelector("[data-status]");
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
