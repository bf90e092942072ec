// Single keys, only while nothing is being typed and nothing is open over the page. Alt and AltGr are never bound: they
// type characters.
import { expectHands } from "./composer.js";
import { moveInList } from "./list.js";
import { toggleContext } from "./panels.js";

const press = (selector) => document.querySelector(selector)?.click();

const keys = {
  j: () => moveInList(1),
  k: () => moveInList(-1),
  o: () => document.activeElement?.matches?.("a.row") && document.activeElement.click(),
  r: () => document.getElementById("message")?.focus(),
  t: () => {
    const search = document.getElementById("find-template");
    if (search) return search.focus();
    document.activeElement?.blur();
    expectHands();
    press("[data-shortcut=template]");
  },
  i: () => press("[data-shortcut=take]"),
  a: () => press("[data-shortcut=assign]"),
  e: () => press("[data-shortcut=close]"),
  E: () => press("[data-shortcut=reopen]"),
  p: toggleContext,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.getModifierState("AltGraph")) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable], dialog[open]") || document.querySelector("dialog[open]")) {
    if (event.key === "Escape" && event.target.id === "message") document.querySelector("a.row[aria-current]")?.focus();
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (document.activeElement?.matches?.("a.row")) {
      event.preventDefault();
      moveInList(event.key === "ArrowDown" ? 1 : -1);
    }
    return;
  }
  const act = keys[event.key];
  if (!act || !document.getElementById("chats")) return;
  event.preventDefault();
  act();
});
