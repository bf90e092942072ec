// Windows that run out: rings and their words, from the absolute moment in data-expires and data-ring. Nothing counts down.
import { now } from "./clock.js";

const minute = 60_000;
const hour = 60 * minute;
const announceAt = [hour, 10 * minute, 0]; // what a screen reader is told; the rest would only interrupt

const two = (n) => String(n).padStart(2, "0");

function kind(left) {
  if (left <= 0) return "closed";
  if (left < hour) return "last";
  return left < 4 * hour ? "soon" : "long";
}

function rowWords(left) {
  if (left <= 0) return "closed";
  if (left < 5 * minute) return `${two(Math.floor(left / minute))}:${two(Math.floor(left / 1000) % 60)}`;
  if (left < hour) return `${Math.floor(left / minute)} min`;
  if (left < 4 * hour) return `${Math.floor(left / hour)} h ${two(Math.floor(left / minute) % 60)}`;
  return `${Math.floor(left / hour)} h`;
}

function composerWords(left) {
  if (left < 5 * minute) return rowWords(left);
  if (left < hour) return `${Math.floor(left / minute)} min left`;
  if (left < 4 * hour) return `${Math.floor(left / hour)} h ${two(Math.floor(left / minute) % 60)} m left`;
  return `Free reply: ${Math.floor(left / hour)} h`;
}

function setWords(timer, words) {
  const slot = timer.querySelector("[data-left]") ?? timer;
  if (slot.textContent !== words) slot.textContent = words;
}

function drawTimer(timer) {
  const left = Number(timer.dataset.expires) - now();
  const is = kind(left);
  const composer = timer.dataset.timer === "composer";
  if (composer && left <= 0) return;
  setWords(timer, composer ? composerWords(left) : rowWords(left));
  const block = composer ? "window" : "left";
  timer.classList.toggle(`${block}--soon`, is === "soon");
  timer.classList.toggle(`${block}--last`, is === "last");
}

function drawRing(ring) {
  const left = Number(ring.dataset.ring) - now();
  const is = kind(left);
  ring.classList.toggle("ring--soon", is === "soon");
  ring.classList.toggle("ring--last", is === "last");
  ring.classList.toggle("ring--now", left > 0 && left < 5 * minute);
  ring.querySelector(".ring__left")?.setAttribute("stroke-dasharray", `${Math.max(0, left / hour).toFixed(2)} 24`);
}

// The moment a window ends, the server decides what the page shows from then on.
const before = new Map();
function passed(timer) {
  const key = timer.dataset.expires + (timer.dataset.timer ?? "");
  const left = Number(timer.dataset.expires) - now();
  const was = before.get(key) ?? left;
  before.set(key, left);
  if (timer.dataset.timer === "composer") {
    for (const mark of announceAt) if (was > mark && left <= mark) announce(mark);
  }
  return was > 0 && left <= 0;
}

function announce(mark) {
  const words = { [hour]: "One hour left to reply.", [10 * minute]: "Ten minutes left to reply.", 0: "The window has closed." };
  const region = document.querySelector("[data-announce]");
  if (region) region.textContent = words[mark];
}

export function drawAll() {
  let ended = false;
  for (const timer of document.querySelectorAll("[role=timer][data-expires]")) {
    ended = passed(timer) || ended;
    drawTimer(timer);
  }
  for (const ring of document.querySelectorAll("[data-ring]")) drawRing(ring);
  if (!ended) return;
  document.body.dispatchEvent(new CustomEvent("desk:chat", { bubbles: true }));
  document.body.dispatchEvent(new CustomEvent("desk:list", { bubbles: true }));
}

setInterval(drawAll, 1_000);
for (const wake of ["desk:clock", "visibilitychange", "htmx:after:swap"]) document.addEventListener(wake, drawAll);
window.addEventListener("focus", drawAll);
drawAll();
