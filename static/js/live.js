// The socket's cursor, its nudges, and what the page says about the connection. The socket itself is hx-ws's.
import { setServerNow } from "./clock.js";

const quietFor = 5_000; // a break shorter than this is nobody's business
const silentAfter = 60_000; // the server speaks every 20 s; longer silence is a dead line
const everything = ["list", "chat", "rail", "banners", "page", "thread"];

let element = null; // the #live this cursor belongs to
let last = 0; // newest event number that this page contains
let connection = null;
let heard = Date.now();
let lostAt = 0; // 0 = connected

// The first connection may be made before this module runs; its URL is in the page.
const first = document.getElementById("live");
if (first) {
  element = first;
  last = Number(first.dataset.since);
}

const signal = (name) => document.body.dispatchEvent(new CustomEvent(`desk:${name}`, { bubbles: true }));

// Every attempt asks for what came after the newest event that the page contains, for the chat that is open now.
document.addEventListener("htmx:ws:before:connection", (event) => {
  const live = document.getElementById("live");
  if (!live) return;
  if (live !== element) {
    last = Math.max(last, Number(live.dataset.since));
    element = live;
  }
  connection = event.detail.connection;
  const url = new URL("/live", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("since", last);
  url.searchParams.set("chat", live.dataset.chat);
  connection.url = url.href;
});

document.addEventListener("htmx:ws:after:connection", () => {
  heard = Date.now();
  const wasLost = lostAt && Date.now() - lostAt > quietFor;
  lostAt = 0;
  showConnection(wasLost ? "Catching up" : "Live");
  signal("connected");
});

document.addEventListener("htmx:ws:close", (event) => {
  if (event.detail.reason !== "closed") return;
  lostAt ||= Date.now();
  if (event.detail.code === 1000) signal("signed-out");
});

document.addEventListener("htmx:ws:before:message:incoming", (event) => {
  heard = Date.now();
  let envelope;
  try {
    envelope = JSON.parse(event.detail.message.data);
  } catch {
    return;
  }
  setServerNow(envelope.now);
  if (!lostAt) showConnection("Live");
  if (envelope.reset) {
    last = envelope.seq;
    everything.forEach(signal);
    return;
  }
  // What is both replayed and queued arrives twice; the number tells. A nudge only asks once more, so it always counts.
  if (envelope.content && envelope.seq && envelope.seq <= last) event.preventDefault();
  last = Math.max(last, envelope.seq ?? 0);
  envelope.nudge?.forEach(signal);
});

// Opening another chat, or signing in again, is a new connection: its topic is authorised when it is made.
export function reconnect() {
  const old = document.getElementById("live");
  if (!old) return;
  const fresh = old.cloneNode(false);
  fresh.dataset.since = last;
  fresh.dataset.chat = document.getElementById("chat")?.dataset.chat ?? 0;
  htmx.swap({ sourceElement: old, target: old, swap: "outerHTML", text: fresh.outerHTML, transition: false });
}

document.addEventListener("htmx:after:swap", () => {
  const open = document.getElementById("chat")?.dataset.chat ?? "0";
  const live = document.getElementById("live");
  if (live && live.dataset.chat !== open) reconnect();
});

document.addEventListener("desk:signed-in", reconnect);
window.addEventListener("online", reconnect);

// Asking for the rail answers 401, which is shown as a dialog over the page: what was typed stays.
document.addEventListener("desk:signed-out", async () => {
  await htmx.ajax("GET", "/rail", { source: document.body, swap: "none" });
  if (!document.querySelector("[data-sign-in-again]")) reconnect(); // signed in again meanwhile, in another tab
});

setInterval(() => {
  const silent = Date.now() - heard > silentAfter;
  if (silent && !lostAt && connection) {
    heard = Date.now();
    reconnect();
  }
  if (lostAt && Date.now() - lostAt > quietFor) showConnection("Reconnecting…");
}, 1_000);

// Words only when there is something to say; the line above the composer appears with them.
function showConnection(text) {
  const lost = text === "Reconnecting…";
  if (document.body.dataset.connection === text) return;
  document.body.dataset.connection = text;
  document.body.toggleAttribute("data-disconnected", lost);
  for (const status of document.querySelectorAll("[data-connection-text]")) status.textContent = text;
  for (const line of document.querySelectorAll("[data-offline-line]")) line.hidden = !lost;
}

document.addEventListener("htmx:after:swap", () => {
  const lost = document.body.hasAttribute("data-disconnected");
  for (const line of document.querySelectorAll("[data-offline-line]")) line.hidden = !lost;
});
