/* The browser asks the device for a passkey, the form carries its answer. Every page works without it. */
"use strict";

for (const box of document.querySelectorAll("[data-passkey]")) {
  const key = window.PublicKeyCredential;
  const button = box.querySelector("button");
  const wrong = box.querySelector("[role=alert]");
  const form = button.form;
  const making = box.dataset.passkey === "create";
  button.onclick = async () => {
    const body = new FormData();
    for (const name of making ? ["csrf_token", "name"] : ["csrf_token"]) body.append(name, form.elements[name].value);
    wrong.textContent = "";
    button.disabled = true;
    try {
      const answer = await fetch(box.dataset.ask, { method: "POST", body, headers: { Accept: "application/json" } });
      const asked = await answer.json();
      if (!answer.ok) throw asked; // in the language of the page
      const publicKey = making ? key.parseCreationOptionsFromJSON(asked) : key.parseRequestOptionsFromJSON(asked);
      const made = await navigator.credentials[box.dataset.passkey]({ publicKey });
      box.querySelector("[type=hidden]").value = JSON.stringify(made);
      form.requestSubmit(form.querySelector("[type=submit]")); // as Enter would
    } catch (fault) {
      const twice = fault.name === "InvalidStateError";
      wrong.textContent = fault instanceof Error ? box.dataset[twice ? "twice" : "failed"] : fault.message;
    }
    button.disabled = false;
  };
  box.hidden = !key?.parseRequestOptionsFromJSON;
  document.querySelectorAll("[data-unable]").forEach((text) => (text.hidden = !box.hidden));
}
