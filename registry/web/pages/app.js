// The dashboard: asks, shows, and asks again after a while.

import { drawRate, number } from "/assets/chart.js";
import { Refused, follow, get, pages, signedIn, useToken } from "/assets/client.js";
import { Picture } from "/assets/picture.js";
import { inWords } from "/assets/sentences.js";

const MOST_NODES = 20000; // in the picture and the list
const MOST_LINKS = 50000;
const MOST_EVENTS = 100;
const ROWS = matchMedia("(max-width: 720px)").matches ? 15 : 25;

const $ = (id) => document.getElementById(id);
const el = (tag, text = "", className = "") => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};
const whole = (value) => value.toLocaleString("en");
const set = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };

const state = {
  overview: null,
  nodes: [],
  networks: [],
  links: [],
  tag: "",
  search: "",
  rows: ROWS,
  chosen: null,
};

let run = new AbortController(); // aborted when somebody signs in or out

const picture = new Picture($("canvas"), { onHover: showTip, onChoose: choose });

// --- Figures

const lasting = (seconds) => {
  const steps = [[86400, "d"], [3600, "h"], [60, "min"]];
  for (const [length, unit] of steps) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`;
  }
  return `${Math.max(0, seconds)} s`;
};

function showOverview(overview) {
  state.overview = overview;
  const admin = overview.viewer === "admin";
  const { requests } = overview;
  set("online", whole(overview.online));
  set("of-nodes", `of ${whole(overview.nodes)}`);
  set("networks", whole(overview.networks));
  set("networks-note", admin ? "" : "open");
  set("links", overview.trust_links === null ? "–" : whole(overview.trust_links));
  set("links-note", overview.trust_links === null ? "not told to strangers" : "");
  set("rate", number(requests.per_second.at(-1) ?? 0));
  set("connections", whole(overview.connections));
  set("uptime", `up ${lasting(overview.now - overview.started)}`);
  set("rate-note", drawRate($("chart"), requests));
  set("about", `Pilot registry ${overview.version} · ${admin ? "administrator" : "public view"}`);
  set("sign", signedIn() ? "Sign out" : "Sign in");
  showTags(overview.tags);
}

function showTags(tags) {
  const items = tags.slice(0, 40).map(({ tag, nodes }) => {
    const button = el("button", "", "tag");
    button.type = "button";
    button.setAttribute("aria-pressed", String(tag === state.tag));
    button.append(el("span", tag), el("small", whole(nodes)));
    button.addEventListener("click", () => chooseTag(tag === state.tag ? "" : tag));
    const item = el("li");
    item.append(button);
    return item;
  });
  const focused = document.activeElement?.closest?.("#tags button")?.firstChild?.textContent;
  $("tags").replaceChildren(...(items.length ? items : [el("li", "No tags yet.", "empty")]));
  if (focused) [...$("tags").querySelectorAll("button")].find((one) => one.firstChild.textContent === focused)?.focus();
  $("clear-tag").hidden = !state.tag;
}

function chooseTag(tag) {
  state.tag = tag;
  state.rows = ROWS;
  picture.tag = tag;
  picture.draw();
  showTags(state.overview?.tags ?? []);
  showRows();
  describePicture();
}

function showRanking({ ranking }) {
  const most = Math.max(...ranking.map((one) => one.polo_score), 1);
  const items = ranking.slice(0, 10).map(({ node_id: id, hostname, polo_score: score }) => {
    const button = el("button", "", "rank");
    button.type = "button";
    const meter = el("span", "", "meter");
    const bar = el("span");
    bar.style.width = `${Math.max(0, (score / most) * 100)}%`;
    meter.append(bar);
    button.append(el("span", hostname || `node ${id}`, "name"), el("strong", whole(score)), meter);
    button.addEventListener("click", () => choose(id));
    const item = el("li");
    item.append(button);
    return item;
  });
  $("ranking").replaceChildren(...(items.length ? items : [el("li", "Nobody was rated yet.", "empty")]));
}

// --- The picture, and the node that was chosen

function showTip(place, at) {
  const tip = $("tip");
  tip.hidden = !place;
  $("canvas").classList.toggle("over", Boolean(place));
  if (!place) return;
  const { node, disc } = place;
  tip.replaceChildren(
    el("strong", node.hostname || `node ${node.node_id}`),
    el("span", `${node.online ? "online" : "offline"} · ${disc.name}`),
    ...(node.tags.length ? [el("span", node.tags.map((tag) => `#${tag}`).join(" "))] : []),
  );
  const room = $("stage").clientWidth;
  tip.style.left = `${Math.min(at[0] + 14, room - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.max(at[1] - tip.offsetHeight - 10, 8)}px`;
}

function describePicture() {
  const { nodes, networks, links, tag } = state;
  const filtered = tag ? `, those with the tag ${tag} brought out` : "";
  const trust = state.overview?.trust_links === null ? "" : `, ${whole(links.length)} trust links`;
  $("canvas").setAttribute("aria-label",
    `Picture of ${whole(nodes.length)} nodes in ${whole(networks.length)} networks${trust}${filtered}. The table below has the same nodes.`);
}

const since = (seconds) => (seconds ? `${lasting(state.overview.now - seconds)} ago` : "never");

async function choose(id) {
  state.chosen = id;
  picture.chosen = id;
  picture.draw();
  $("chosen").hidden = id === null;
  if (id === null) return;
  let detail;
  try {
    detail = await get(`/nodes/${id}`);
  } catch (error) {
    $("facts").replaceChildren(el("dt", "Error"), el("dd", error.message));
    return;
  }
  if (state.chosen !== id) return;
  const { node, trusts } = detail;
  const names = new Map(state.networks.map((network) => [network.network_id, network.name]));
  set("chosen-title", node.hostname || `Node ${id}`);
  const facts = [
    ["Id", String(id)],
    ["Address", node.address],
    ["State", node.online ? "online" : "offline"],
    ...(node.last_seen === null ? [] : [["Last heard of", since(node.last_seen)]]),
    ["Visibility", node.public ? "public" : "private"],
    ["Networks", node.networks.map((one) => names.get(one) ?? one).join(", ") || "none"],
    ["Tags", node.tags.join(", ") || "none"],
    ["Score", whole(node.polo_score)],
    ...(trusts === null ? [] : [["Trusts", trusts.length > 12 ? `${trusts.length} nodes` : trusts.join(", ") || "nobody"]]),
    ...(node.version ? [["Version", node.version]] : []),
  ];
  if (matchMedia("(max-width: 1080px)").matches) $("chosen").scrollIntoView({ block: "nearest" });
  $("facts").replaceChildren(...facts.flatMap(([name, value]) => [el("dt", name), el("dd", value)]));
}

// --- The list

const fits = (node, words) => !words
  || node.hostname.includes(words) || String(node.node_id) === words || node.tags.some((tag) => tag.includes(words));

function showRows() {
  const words = state.search.trim().toLowerCase().replace(/^#/, "");
  const found = state.nodes.filter((node) => (!state.tag || node.tags.includes(state.tag)) && fits(node, words));
  const names = new Map(state.networks.map((network) => [network.network_id, network.name]));
  const rows = found.slice(0, state.rows).map((node) => {
    const row = el("tr");
    const head = el("th");
    head.scope = "row";
    const button = el("button", node.hostname || `node ${node.node_id}`, "plain");
    button.type = "button";
    button.addEventListener("click", () => choose(node.node_id));
    head.append(button, el("small", `#${node.node_id}`));
    const networks = node.networks.map((id) => names.get(id) ?? id).join(", ");
    row.append(
      head,
      el("td", node.online ? "online" : "offline", node.online ? "up" : "down"),
      el("td", node.address, "wide mono"),
      el("td", networks || "–", "wide"),
      el("td", node.tags.map((tag) => `#${tag}`).join(" ")),
      el("td", node.polo_score ? whole(node.polo_score) : "–", "number"),
    );
    return row;
  });
  if (!rows.length) {
    const row = el("tr");
    const cell = el("td", state.nodes.length ? "No node fits." : "No nodes to show.", "empty");
    cell.colSpan = 6;
    row.append(cell);
    rows.push(row);
  }
  $("rows").replaceChildren(...rows);
  const all = state.overview && state.nodes.length < state.overview.nodes
    ? ` The first ${whole(state.nodes.length)} of ${whole(state.overview.nodes)} are looked at.` : "";
  set("shown", found.length ? `${whole(Math.min(found.length, state.rows))} of ${whole(found.length)}.${all}` : "");
  $("more").hidden = found.length <= state.rows;
}

// --- Live events

const KIND = (type) => type.split(".")[0];

function showEvent(event) {
  const list = $("events");
  list.querySelector(".empty")?.remove();
  const item = el("li", "", `event kind-${KIND(event.dropped ? "dropped" : event.type)}`);
  if (event.dropped) {
    item.append(el("span", `${whole(event.dropped)} events came too fast to be shown.`));
  } else {
    const time = el("time", new Date(event.at * 1000).toLocaleTimeString("en-GB"));
    time.dateTime = new Date(event.at * 1000).toISOString();
    item.append(time, el("span", inWords(event)));
    item.title = event.type;
  }
  list.prepend(item);
  while (list.children.length > MOST_EVENTS) list.lastChild.remove();
}

function showState(text) {
  set("live-state", text);
  $("live-state").classList.toggle("on", text === "live");
}

// --- Asking, again and again

const pause = (ms, signal) => new Promise((resolve) => {
  const timer = setTimeout(resolve, ms);
  signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
});

function complain(error) {
  if (error instanceof Refused && error.status === 401 && signedIn()) {
    useToken("");
    restart();
    return;
  }
  $("notice").textContent = error instanceof Refused ? error.message : "The server cannot be reached. Trying again.";
  $("notice").hidden = false;
}

async function repeat(work, rest, signal) {
  while (!signal.aborted) {
    if (!document.hidden) {
      try {
        await work(signal);
        $("notice").hidden = true;
      } catch (error) {
        if (signal.aborted) return;
        complain(error);
      }
    }
    await pause(rest(), signal);
  }
}

async function loadNodes(signal) {
  const nodes = [];
  const first = state.nodes.length === 0;
  const { networks } = await get("/networks", { signal });
  for await (const page of pages("/nodes", 500, signal)) {
    nodes.push(...page.nodes);
    if (first && page.next_after !== null) {
      $("progress").hidden = false;
      set("progress", `Loading ${whole(nodes.length)} of ${whole(state.overview?.nodes ?? 0)} nodes…`);
    }
    if (nodes.length >= MOST_NODES) break;
  }
  const links = [];
  if (state.overview?.viewer === "admin") {
    for await (const page of pages("/links", 5000, signal)) {
      links.push(...page.links);
      if (links.length >= MOST_LINKS) break;
    }
  }
  $("progress").hidden = true;
  Object.assign(state, { nodes, networks, links });
  picture.show(nodes, networks, links);
  document.documentElement.dataset.loaded = String(nodes.length);
  describePicture();
  if (!$("rows").contains(document.activeElement)) showRows();
}

// Many nodes are asked for less often.
const betweenLoads = () => 5000 + state.nodes.length * 5;

async function start() {
  const { signal } = run;
  try {
    showOverview(await get("/overview", { signal }));
  } catch (error) {
    if (signal.aborted) return;
    complain(error);
  }
  if (signal.aborted) return;
  repeat(async () => showOverview(await get("/overview", { signal })), () => 2500, signal);
  repeat(loadNodes, betweenLoads, signal);
  repeat(async () => showRanking(await get("/ranking?limit=10", { signal })), () => 10000, signal);
  follow(showEvent, showState, signal);
}

function restart() {
  run.abort();
  run = new AbortController();
  Object.assign(state, { nodes: [], networks: [], links: [] });
  choose(null);
  picture.touched = false;
  $("events").replaceChildren(el("li", "Nothing happened since you came.", "empty"));
  start();
}

// --- What visitors do

$("sign").addEventListener("click", () => {
  if (signedIn()) {
    useToken("");
    restart();
    return;
  }
  $("refusal").textContent = "";
  $("dialog").showModal();
});

$("cancel").addEventListener("click", () => $("dialog").close());

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = $("token").value.trim();
  try {
    await get("/overview", { as: token });
  } catch (error) {
    $("refusal").textContent = error instanceof Refused ? error.message : "The server cannot be reached.";
    return;
  }
  $("token").value = "";
  useToken(token);
  $("dialog").close();
  restart();
});

$("search").addEventListener("input", () => {
  state.search = $("search").value;
  state.rows = ROWS;
  showRows();
});
$("more").addEventListener("click", () => {
  state.rows += ROWS * 4;
  showRows();
});
$("clear-tag").addEventListener("click", () => chooseTag(""));
$("unchoose").addEventListener("click", () => choose(null));
$("show-links").addEventListener("change", () => {
  picture.showLinks = $("show-links").checked;
  picture.draw();
});
$("zoom-in").addEventListener("click", () => picture.zoom(1.5));
$("zoom-out").addEventListener("click", () => picture.zoom(1 / 1.5));
$("fit").addEventListener("click", () => picture.fit());

start();
