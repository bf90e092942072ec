// Live frames are written once for everybody, in UTC; here their times become the reader's, as the rest of the page is.
import { now } from "./clock.js";

const zone = document.body.dataset.zone || undefined;
const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options });
const clock = format({ hour: "2-digit", minute: "2-digit" });
const weekday = format({ weekday: "short" });
const date = format({ day: "numeric", month: "short" });
const dateAndYear = format({ day: "numeric", month: "short", year: "numeric" });
const second = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const secondInZone = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" });
const exact = format({ dateStyle: "medium", timeStyle: "medium" });
const longWeekday = format({ weekday: "long" });
const longDay = format({ weekday: "long", day: "numeric", month: "long" });
const longDate = format({ day: "numeric", month: "long", year: "numeric" });
const iso = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });

export const dayOf = (milliseconds) => iso.format(milliseconds);

// The midnight at which the reader's day of that instant began.
export function dayStart(milliseconds) {
  const [hours, minutes, seconds] = second.format(milliseconds).split(":").map(Number);
  return milliseconds - (milliseconds % 1000) - ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

function daysAgo(milliseconds) {
  return Math.round((Date.parse(dayOf(now())) - Date.parse(dayOf(milliseconds))) / 86_400_000);
}

export function dayName(milliseconds) {
  const days = daysAgo(milliseconds);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return longWeekday.format(milliseconds);
  if (dayOf(milliseconds).slice(0, 4) === dayOf(now()).slice(0, 4)) return longDay.format(milliseconds);
  return longDate.format(milliseconds);
}

function words(style, at) {
  if (style === "exact") return exact.format(at);
  if (style === "moment") return `${day(at)}, ${clock.format(at)}`;
  if (style === "day") return day(at);
  if (style !== "list") return clock.format(at);
  const days = daysAgo(at);
  if (days <= 0) return clock.format(at);
  if (days < 7) return weekday.format(at);
  return written(at);
}

const written = (at) => (dayOf(at).slice(0, 4) === dayOf(now()).slice(0, 4) ? date : dateAndYear).format(at);
const day = (at) => (daysAgo(at) === 0 ? "today" : written(at));

function waiting(since) {
  const minutes = Math.floor((now() - since) / 60_000);
  if (minutes < 1) return "waits";
  if (minutes < 60) return `waits ${minutes} min`;
  return minutes < 48 * 60 ? `waits ${Math.floor(minutes / 60)} h` : `waits ${Math.floor(minutes / 1440)} d`;
}

export function localise(root = document) {
  for (const time of root.querySelectorAll("time[data-time]")) {
    const at = Date.parse(time.dateTime);
    const text = words(time.dataset.time, at);
    if (time.textContent.trim() !== text) time.textContent = text;
    time.title = exact.format(at);
  }
  for (const tick of root.querySelectorAll("[data-steps]:not([data-steps=''])")) {
    const steps = tick.dataset.steps.split("|").map((step) => step.split("="));
    tick.title = steps.map(([name, at]) => `${name} ${secondInZone.format(Number(at))}`).join(", ");
  }
  for (const day of root.querySelectorAll("[data-day]")) {
    const name = dayName(Number(day.dataset.day));
    if (day.textContent.trim() !== name) day.firstElementChild.textContent = name;
  }
  for (const wait of root.querySelectorAll("[data-since]:not(#live)")) {
    const text = waiting(Number(wait.dataset.since));
    if (wait.textContent !== text) wait.textContent = text;
  }
}

document.addEventListener("htmx:after:swap", () => localise());
document.addEventListener("desk:clock", () => localise());
setInterval(() => localise(document.getElementById("chats") ?? document.createElement("div")), 30_000);
localise();
