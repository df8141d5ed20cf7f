// The page: four parts, one of which is shown.
import { getJSON } from "/api.js";
import { DrawTab } from "/draw.js";
import { TrainTab } from "/train.js";
import { LookTab } from "/look.js";
import { LessonsTab } from "/lessons.js";

const connection = document.getElementById("connection");
const names = ["draw", "train", "look", "lessons"];
const sections = Object.fromEntries(names.map((name) => [name, document.getElementById(name)]));

function show() {
  const name = names.find((each) => location.hash.slice(1).split("/")[0] === each) ?? "draw";
  for (const [each, section] of Object.entries(sections)) section.hidden = each !== name;
  for (const link of document.querySelectorAll("[data-tab]")) {
    if (link.dataset.tab === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${name[0].toUpperCase()}${name.slice(1)} · Striate`;
}

addEventListener("hashchange", show);
// A picture that misses the place for it does not take the page away.
for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
show();

try {
  const start = await getJSON("/api/start");
  const draw = new DrawTab(sections.draw, start);
  const look = new LookTab(sections.look, start);
  new LessonsTab(sections.lessons, start);
  const train = new TrainTab(sections.train, start);
  let run = 0;
  train.onNews = (news) => {
    if (news.run === run) return;
    run = news.run;
    const data = start.data.find((each) => each.name === news.data);
    draw.trainedModel = data && { id: "training", shape: data.shape, finds_digit: String(data.shape) === "1,28,28" };
    draw.refresh(true);
    look.refresh(true);
  };
  train.onConnection = (isThere) => {
    connection.textContent = isThere ? "" : "no connection to the program";
  };
  document.documentElement.dataset.ready = "yes";
} catch (error) {
  connection.textContent = error.message;
}
