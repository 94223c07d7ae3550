/** The exam page: puts the parts together. docs/save-protocol.md says what it and the server say to each other. */

import { Answers } from "./answers.js";
import { Problem } from "./api.js";
import { hide, measureTop, show } from "./bars.js";
import { Counts } from "./counts.js";
import { Course } from "./course.js";
import { forgetOthers } from "./forget.js";
import { apply, freeze, isFrozen } from "./freeze.js";
import { Grid } from "./grid.js";
import { offer } from "./kept.js";
import { listen } from "./keys.js";
import { takePen } from "./lock.js";
import { Login } from "./login.js";
import { askAgain } from "./pictures.js";
import { Queue } from "./queue.js";
import { leftBehind, takeUp } from "./resume.js";
import { Review } from "./review.js";
import { Status } from "./status.js";
import { Store } from "./store.js";
import { Timer } from "./timer.js";

const block = JSON.parse(document.getElementById("attempt").textContent);
const paper = document.querySelector(".exam-paper");
const answers = new Answers(paper, block.slots);
const grid = new Grid(answers);
const counts = new Counts(answers);
const store = new Store(block.person, block.attempt, block.epoch);
const course = new Course({ block, answers, store });
course.timer = new Timer({ hurry: (on) => course.queue?.hurry(on), done: () => course.timeUp() });
course.status = new Status({
  url: block.urls.status,
  token: () => course.queue?.token ?? null,
  heard: (answer) => course.heard(answer),
  failed: (problem) => course.failed(problem),
});
const lost = () => course.ended(new Problem(423, "taken-over"));
course.login = new Login({ urls: block.urls, person: block.person, status: course.status, lost });

/* ---- input ---- */

const slotOf = ({ target }) => Number(target.closest?.("article.item")?.dataset.slot ?? NaN);

function listenToAnswers(queue) {
  const changed = (event) => {
    const slot = slotOf(event);
    if (!answers.items.has(slot) || isFrozen()) return;
    counts.show(slot);
    grid.show(slot);
    queue.touch(slot);
  };
  const isChoice = ({ target }) => target.matches("input[type=radio], input[type=checkbox]");
  paper.addEventListener("input", (event) => isChoice(event) || changed(event));
  paper.addEventListener("change", (event) => isChoice(event) && changed(event));
  paper.addEventListener("compositionend", changed);
  paper.addEventListener("click", (event) => {
    const slot = slotOf(event);
    if (event.target.closest(".flag")) flag(slot);
    if (event.target.closest("[data-act=clear]") && !isFrozen()) {
      answers.write(slot, null);
      queue.touch(slot);
      answers.items.get(slot).inputs[0].focus();
    }
  });
}

function flag(slot) {
  if (!course.queue || isFrozen()) return;
  grid.setFlag(slot, !grid.flagged(slot), { say: true });
  course.queue.flag(slot, grid.flagged(slot));
}

/* ---- the page around them ---- */

function listenToThePage() {
  paper.addEventListener("answer", ({ detail }) => {
    counts.show(detail.slot);
    grid.show(detail.slot);
  });
  listen({ step: (by) => grid.step(by), flag: () => flag(grid.current), say: () => course.timer.say() });
  document.addEventListener("click", ({ target }) => {
    const act = target.closest?.("[data-act]")?.dataset.act;
    if (act === "retry") course.queue?.retry();
    if (act === "login") course.login.open();
  });
  for (const form of document.querySelectorAll("[data-take-over]")) form.addEventListener("submit", takeOver);
  addEventListener("offline", () => course.inTrouble(new Problem(0, "")));
  addEventListener("online", () => course.queue?.retry());
}

function takeOver() {
  course.queue?.keep({ shown: true });
  course.gone = true;
}

function listenToLeaving(queue) {
  const leave = () => course.gone || queue.leave();
  addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && leave());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("beforeunload", (event) => {
    const atRisk = !queue.stopped && !queue.settled && (!queue.kept || !navigator.onLine);
    if (!course.gone && atRisk) event.preventDefault();
  });
}

/* ---- start ---- */

function write() {
  const { epoch, seq, token, urls } = block;
  const { status } = course;
  const askSeq = async () => (await status.bySession().catch(() => status.check())).seq;
  const tell = (what, about) => course.told(what, about);
  const queue = new Queue({ epoch, seq, token, url: urls.save, answers, store, askSeq, tell });
  course.queue = queue;
  course.review = new Review({ answers, grid, counts, queue, urls, course });
  store.penEpoch = epoch;
  listenToAnswers(queue);
  listenToLeaving(queue);
  const kept = takeUp({ store, queue, answers, grid });
  for (const [slot, value] of leftBehind({ store, answers })) if (!kept.has(slot)) kept.set(slot, value);
  offer(kept, { answers, queue, store });
}

async function start() {
  forgetOthers(block.person);
  measureTop();
  apply();
  askAgain(paper);
  listenToThePage();
  course.line();
  if (!globalThis.crypto?.subtle) {
    freeze("unusable");
    show("unusable");
    return started();
  }
  const newer = block.epoch > store.penEpoch;
  if (!block.token) course.readOnly("elsewhere");
  else if (await takePen(block.attempt, { newer, lost })) write();
  else course.readOnly("second-tab");
  const [arrival] = performance.getEntriesByType("navigation");
  if (block.state === "paused") course.pause(block.remaining_ms);
  else course.timer.sync(block.remaining_ms, arrival?.requestStart || 0, arrival?.responseStart || performance.now());
  course.status.later();
  course.line();
  started();
}

/** The page's own watch (in its template) looks for this. */
function started() {
  document.documentElement.dataset.exam = "ready";
  hide("unloaded");
}

start();
