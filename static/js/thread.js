// The thread: follow only at the end, keep the reader's place otherwise, group what one person said in one breath, part
// the days, and tell the server what has been read.
import { dayName, dayOf, dayStart } from "./localtime.js";

const nearEnd = 100; // px
const oneBreath = 5 * 60_000;
const readAfter = 1_000;

const thread = () => document.getElementById("thread");
const messages = () => thread()?.querySelector("[data-messages]");

// The scroller is reversed: 0 is the end, up is negative.
const atEnd = () => Math.abs(thread()?.scrollTop ?? 0) < nearEnd;

// Ticks never go back: an answer rendered when the message was queued may arrive after the frames of its ticks.
document.addEventListener("htmx:before:swap", (event) => {
  for (const task of event.detail.tasks ?? []) {
    if (task.swapSpec?.style !== "upsert") continue;
    for (const bubble of [...task.fragment.children]) {
      const shown = bubble.id && document.getElementById(bubble.id);
      if (shown && Number(shown.dataset.rank) > Number(bubble.dataset.rank)) bubble.remove();
    }
  }
});

// Before a swap the first thing in view is remembered with its place; after it, it is put back there.
let anchor = null;
let followed = true;
let newest = 0;

document.addEventListener("htmx:before:swap", () => {
  const scroller = thread();
  if (!scroller) return;
  followed = atEnd();
  const top = scroller.getBoundingClientRect().top;
  const seen = [...scroller.querySelectorAll("[data-key]")].find((e) => e.getBoundingClientRect().bottom > top);
  anchor = seen ? { id: seen.id, key: seen.dataset.key, top: seen.getBoundingClientRect().top } : null;
});

document.addEventListener("htmx:after:swap", () => {
  const scroller = thread();
  if (!scroller) return;
  regroup();
  const arrived = newestMessage();
  if (scroller.dataset.thread !== scroller.dataset.settled) {
    opened(scroller);
  } else if (followed) {
    scroller.scrollTop = 0;
  } else {
    if (anchor?.id) {
      const now = document.getElementById(anchor.id);
      if (now) scroller.scrollTop += now.getBoundingClientRect().top - anchor.top;
    }
    if (arrived > newest) offerNewest(arrived);
  }
  newest = Math.max(newest, arrived);
  lookSoon();
});

// A chat opens at its first unread message, else at the end.
function opened(scroller) {
  scroller.dataset.settled = scroller.dataset.thread;
  newest = newestMessage();
  const fresh = scroller.querySelector(".day--new");
  if (fresh) fresh.scrollIntoView({ block: "center" });
  else scroller.scrollTop = 0;
}

export function newestMessage() {
  let max = 0;
  for (const message of messages()?.querySelectorAll("[data-message]") ?? []) max = Math.max(max, Number(message.dataset.message));
  return max;
}

function offerNewest() {
  const host = thread().parentElement;
  let pill = host.querySelector("[data-newest]");
  if (!pill) {
    pill = document.createElement("button");
    pill.type = "button";
    pill.className = "btn btn--pill newest";
    pill.dataset.newest = "0";
    pill.addEventListener("click", () => {
      thread().scrollTop = 0;
      pill.remove();
    });
    thread().insertAdjacentElement("afterend", pill);
  }
  pill.dataset.newest = Number(pill.dataset.newest) + 1;
  pill.textContent = `${pill.dataset.newest} new ↓`;
}

document.addEventListener(
  "scroll",
  (event) => {
    if (event.target !== thread()) return;
    if (atEnd()) document.querySelector("[data-newest]")?.remove();
    lookSoon();
  },
  { capture: true, passive: true },
);

// One breath: the same person, nothing between, less than five minutes. A new day gets its line where the server has not
// drawn one.
function regroup() {
  const box = messages();
  if (!box) return;
  let before = null;
  let beforeAt = 0;
  for (const item of [...box.children]) {
    const at = Number(item.dataset.at);
    if (at && beforeAt && dayOf(at) !== dayOf(beforeAt) && !before?.classList.contains("day")) item.before(dayLine(at));
    if (item.classList.contains("msg")) {
      const follows =
        before?.classList.contains("msg") &&
        before.dataset.side === item.dataset.side &&
        before.dataset.author === item.dataset.author &&
        at - beforeAt < oneBreath;
      item.classList.toggle("msg--follow", !!follows);
      item.classList.toggle("msg--mine", item.dataset.author === document.body.dataset.agent);
    }
    before = item;
    if (at) beforeAt = at;
  }
}

function dayLine(at) {
  const line = document.createElement("p");
  line.className = "day";
  const start = dayStart(at);
  line.id = `day-${start}`;
  line.dataset.day = start;
  line.dataset.key = `${start}-0`;
  const name = document.createElement("span");
  name.textContent = dayName(at);
  line.append(name);
  return line;
}

// Read = the newest message has been in view for a second while somebody looks at the tab. Only the owner reads.
let looking = 0;
let told = { chat: "", message: 0 };
function lookSoon() {
  clearTimeout(looking);
  if (document.visibilityState === "visible" && document.hasFocus() && atEnd()) looking = setTimeout(look, readAfter);
}

function look() {
  const scroller = thread();
  const owned = document.querySelector("[data-owner='me']");
  if (!scroller || !owned || !document.hasFocus() || !atEnd()) return;
  const chat = scroller.dataset.thread;
  const message = newestMessage();
  if (!message || (told.chat === chat && told.message >= message)) return;
  told = { chat, message };
  htmx.ajax("POST", `/chats/${chat}/readings`, { source: scroller, swap: "none", values: { message_id: message } });
}

window.addEventListener("focus", lookSoon);
document.addEventListener("visibilitychange", lookSoon);

if (thread()) {
  regroup();
  opened(thread());
  lookSoon();
}
