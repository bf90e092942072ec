// The list of chats. Rows do not move under the pointer: while somebody points at the list or is in it, the server is
// asked for the same rows in the same order, and a pill offers the new one.
const list = () => document.getElementById("chats");

let pointed = false;
document.addEventListener("pointerover", (event) => {
  const inside = !!event.target.closest?.("[data-list]");
  if (pointed && !inside) settle();
  pointed = inside;
});
document.documentElement.addEventListener("pointerleave", () => {
  if (pointed) settle();
  pointed = false;
});
document.addEventListener("focusout", (event) => {
  if (event.target.closest?.("[data-list]") && !event.relatedTarget?.closest?.("[data-list]")) settle();
});

const busy = () => pointed || !!list()?.querySelector(".rows :focus");

// settle brings the list into its true order once nobody is using it.
let settling = 0;
function settle() {
  clearTimeout(settling);
  settling = setTimeout(() => {
    if (!busy() && list()?.querySelector("[data-refresh-order]")) document.body.dispatchEvent(new CustomEvent("desk:list"));
  }, 300);
}

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement !== list() || !busy()) return;
  const order = [...list().querySelectorAll("[data-row]")].map((row) => row.dataset.row).join(",");
  const url = new URL(ctx.request.action, location.href);
  url.searchParams.set("order", order);
  ctx.request.action = url.pathname + url.search;
});

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-refresh-order]")) pointed = false;
});

// The open row is marked here too, because opening a chat swaps the chat and not the list.
function markOpen() {
  const open = document.getElementById("chat")?.dataset.chat;
  for (const row of list()?.querySelectorAll("[data-row]") ?? []) {
    const link = row.querySelector("a.row");
    if (row.dataset.row === open) link?.setAttribute("aria-current", "true");
    else link?.removeAttribute("aria-current");
  }
  document.body.dataset.pane = open && open !== "0" ? "chat" : "list";
}

// The unread count stands in the title as in the rail.
function markTitle() {
  const unread = Number(document.getElementById("unread")?.dataset.unread ?? 0);
  const bare = document.title.replace(/^\(\d+\) /, "");
  document.title = unread > 0 ? `(${unread}) ${bare}` : bare;
}

// Who opened a chat from its row is in that chat now: a reader hears its name, and the list may sort itself again.
let opened = document.getElementById("chat")?.dataset.chat;
function arrive() {
  const chat = document.getElementById("chat")?.dataset.chat;
  if (chat === opened) return;
  opened = chat;
  if (document.activeElement?.matches?.("a.row")) document.getElementById("chat-name")?.focus({ preventScroll: true });
}

document.addEventListener("htmx:after:swap", () => {
  if (list()) markOpen();
  arrive();
  markTitle();
});

export function moveInList(step) {
  const rows = [...(list()?.querySelectorAll("a.row") ?? [])];
  if (rows.length === 0) return;
  const at = rows.findIndex((row) => row === document.activeElement || row.getAttribute("aria-current"));
  const focused = rows.indexOf(document.activeElement);
  const from = focused >= 0 ? focused : at;
  rows[Math.min(rows.length - 1, Math.max(0, from + step))].focus();
}
