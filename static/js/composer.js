// The composer. What somebody typed is never lost: not by a swap, not by a refusal, not by the end of the window, not by a
// broken line. It is kept in this page's memory, by chat; nothing goes into browser storage.
import { newestMessage } from "./thread.js";

const limit = 4096;
const warnFrom = 3500;
const typed = new Map(); // chat -> text

const field = () => document.getElementById("message");
const foot = () => document.getElementById("foot");
const chatOf = () => foot()?.querySelector("[data-composer], [data-picker]");
const chat = () => chatOf()?.dataset.composer ?? chatOf()?.dataset.picker;
const touch = matchMedia("(pointer: coarse)");

document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  const text = field().value;
  const before = typed.get(chat()) ?? "";
  if (text) typed.set(chat(), text);
  else typed.delete(chat());
  // From the first letter on, a colleague's answer is news: the gate compares with what was there when typing began.
  if (!before && text) remember();
  count();
});

function remember() {
  const seen = document.querySelector("#composer [name=last_seen]");
  if (seen) seen.value = newestMessage();
}

function count() {
  const counter = document.querySelector("[data-counter]");
  if (!counter) return;
  const length = field()?.value.length ?? 0;
  counter.hidden = length < warnFrom;
  counter.textContent = `${length.toLocaleString("en")} of ${limit.toLocaleString("en")}`;
  counter.toggleAttribute("data-over", length > limit);
}

document.addEventListener("keydown", (event) => {
  if (event.target !== field() || event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
  const send = event.ctrlKey || event.metaKey || (!event.shiftKey && !event.altKey && !touch.matches);
  if (!send) return;
  event.preventDefault();
  if (field().value.trim()) field().form.requestSubmit(field().form.querySelector("[data-send]") ?? undefined);
});

// Around a swap of the foot: what was typed, and where the hands were.
let hands = "";
let swapping = false;
document.addEventListener("htmx:before:swap", () => {
  swapping = true;
  const focused = document.activeElement;
  if (focused?.closest?.("#templates")) hands = "templates";
  else if (focused?.closest?.("#foot")) hands = "text";
  else if (!atHome()) hands = ""; // nowhere: a swap before this one took the field away
});
// Who leaves the foot of their own accord is not pulled back into it.
document.addEventListener("focusout", (event) => {
  if (!swapping && event.target.closest?.("#foot")) hands = "";
});

// The hands are on their way to the foot that comes.
export function expectHands() {
  hands = "text";
}

// A chat that went to somebody else: what was typed into it is shown a last time, to be copied.
// The empty place may be drawn twice: by the answer to what was pressed, and because sight was lost.
let here = chat();
let unsent = "";
function showGone() {
  const gone = document.querySelector("[data-gone]");
  unsent = gone ? typed.get(here) || unsent : "";
  if (gone && unsent) {
    gone.querySelector("[data-held-text]").textContent = unsent;
    gone.hidden = false;
  }
  if (gone) typed.delete(here);
  here = chat() ?? here;
}

document.addEventListener("htmx:after:swap", () => {
  swapping = false;
  showGone();
  const kept = typed.get(chat());
  const held = foot()?.querySelector("[data-held]");
  if (field()) {
    if (kept && !field().value) field().value = kept;
    if (hands && document.activeElement !== field() && atHome()) field().focus();
    if (field().value && !typed.has(chat())) typed.set(chat(), field().value);
    if (!field().value) remember();
    count();
  } else if (held) {
    if (kept) {
      held.querySelector("[data-held-text]").textContent = kept;
      held.hidden = false;
    } else if (!held.hidden) {
      typed.set(chat(), held.querySelector("[data-held-text]").textContent);
    }
    if (hands === "text" && atHome()) document.getElementById("find-template")?.focus();
    if (hands === "templates" && atHome()) (foot().querySelector("[aria-invalid=true]") ?? document.getElementById("find-template"))?.focus();
  }
});

// Focus is only put back where it was taken from: nobody is pulled out of another field or a dialog.
const atHome = () => !document.activeElement || document.activeElement === document.body;

// A message that was taken leaves the memory before its answer is drawn; what was typed while it was on its way stays.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const form = ctx?.sourceElement?.closest?.("#composer");
  if (!form || ctx.response?.status !== 200 || ctx.request?.method !== "POST") return;
  const sent = ctx.request.body?.get?.("body") ?? "";
  const now = form.querySelector("#message")?.value ?? "";
  const rest = now.startsWith(sent) ? now.slice(sent.length) : now;
  if (rest.trim()) typed.set(form.dataset.composer, rest);
  else typed.delete(form.dataset.composer);
});

// A broken line: the message waits in its form and goes out with the same client_id when the line is back.
let waiting = false;
document.addEventListener("htmx:error", (event) => {
  const form = event.detail?.ctx?.sourceElement;
  if (form?.id !== "composer" || event.detail.ctx.response) return;
  waiting = true;
  showWaiting(true);
});
document.addEventListener("desk:connected", () => {
  if (!waiting) return;
  waiting = false;
  showWaiting(false);
  document.getElementById("composer")?.requestSubmit();
});

function showWaiting(on) {
  const line = foot()?.querySelector("[data-waiting]");
  if (line) line.hidden = !on;
}

// Leaving with something unsent is asked about, because a draft does not outlive the page yet.
window.addEventListener("beforeunload", (event) => {
  if ([...typed.values()].some((text) => text.trim())) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  if (event.target.id === "composer" && !event.target.hasAttribute("hx-post")) typed.delete(event.target.dataset.composer);
});

if (field()) {
  if (!field().value) remember();
  count();
}
