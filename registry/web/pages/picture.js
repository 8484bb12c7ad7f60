// Draws the network on a canvas: as much of it as can be seen at the size it is shown.
//
// Far away, nodes are dots and links between networks are drawn as one line each; near by, nodes
// are discs with names, and every link of a node that is in view is drawn.

import { BACKBONE, layOut } from "/assets/layout.js";

const NODE = 3.1; // the radius of a node
const MOST_PIXELS = 11; // of the radius of a node, on the screen
const NEAR = 2.4; // from this scale on, nodes have names
const MOST_LINES = 5000;
const MOST_NAMES = 160;
const MOST_TIES = 70; // of each kind, between two networks
const HUES = [174, 28, 258, 205, 338, 88, 48, 300];

export class Picture {
  constructor(canvas, { onHover, onChoose }) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.onHover = onHover;
    this.onChoose = onChoose;
    this.view = { x: 0, y: 0, scale: 1 };
    this.layout = layOut([], []);
    this.links = [];
    this.memberships = [];
    this.between = [];
    this.showLinks = true;
    this.tag = "";
    this.chosen = null;
    this.touched = false;
    this.readColours();
    new ResizeObserver(() => this.resize()).observe(canvas);
    addEventListener("themechange", () => { this.readColours(); this.draw(); });
    this.listen();
  }

  readColours() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.colours = Object.fromEntries(
      ["text", "muted", "online", "offline", "link", "raised", "line"].map((name) => [name, colour(name)]));
    this.dark = document.documentElement.dataset.theme === "dark";
    this.font = style.getPropertyValue("--sans");
  }

  show(nodes, networks, links) {
    const first = this.layout.places.size === 0;
    const before = JSON.stringify(this.layout.bounds);
    this.layout = layOut(nodes, networks);
    this.links = links.filter(([a, b]) => this.layout.places.has(a) && this.layout.places.has(b));
    this.between = this.linesBetweenDiscs();
    if (!this.touched && (first || before !== JSON.stringify(this.layout.bounds))) this.fit();
    else this.draw();
  }

  // How many links, and how many nodes that are in both, lie between each two discs.
  linesBetweenDiscs() {
    const lines = new Map();
    const byId = new Map(this.layout.discs.map((disc) => [disc.id, disc]));
    const count = (kind, from, to) => {
      if (!to || from === to) return;
      const [a, b] = from.id < to.id ? [from, to] : [to, from];
      const key = `${kind}:${a.id}:${b.id}`;
      const line = lines.get(key) ?? { kind, from: a, to: b, count: 0 };
      line.count += 1;
      lines.set(key, line);
    };
    for (const [a, b] of this.links) {
      count("link", this.layout.places.get(a).disc, this.layout.places.get(b).disc);
    }
    this.memberships = [];
    for (const place of this.layout.places.values()) {
      for (const id of place.node.networks) {
        if (id === place.disc.id || !byId.has(id)) continue;
        this.memberships.push([place, byId.get(id)]);
        count("member", place.disc, byId.get(id));
      }
    }
    return [...lines.values()];
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    if (this.touched) this.draw();
    else this.fit();
  }

  fit() {
    const { left, right, top, bottom } = this.layout.bounds;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const fitting = Math.min((width - 70) / (right - left), (height - 70) / (bottom - top), 3);
    const scale = Math.max(fitting, 0.01);
    this.view = { scale, x: (left + right) / 2, y: (top + bottom) / 2 - 8 / scale };
    this.touched = false;
    this.draw();
  }

  zoom(factor, at = null) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const [px, py] = at ?? [width / 2, height / 2];
    const [x, y] = this.toWorld(px, py);
    const scale = Math.min(Math.max(this.view.scale * factor, 0.02), 14);
    this.view = { scale, x: x - (px - width / 2) / scale, y: y - (py - height / 2) / scale };
    this.touched = true;
    this.draw();
  }

  move(dx, dy) {
    this.view.x -= dx / this.view.scale;
    this.view.y -= dy / this.view.scale;
    this.touched = true;
    this.draw();
  }

  toWorld(px, py) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    return [
      (px - width / 2) / this.view.scale + this.view.x,
      (py - height / 2) / this.view.scale + this.view.y,
    ];
  }

  // The node at a place of the canvas, or one that is near enough to be meant.
  nodeAt(px, py, reach = 9) {
    const [x, y] = this.toWorld(px, py);
    let least = Math.max(NODE * 1.4, reach / this.view.scale) ** 2;
    let found = null;
    for (const place of this.layout.places.values()) {
      const away = (place.x - x) ** 2 + (place.y - y) ** 2;
      if (away < least) [found, least] = [place, away];
    }
    return found;
  }

  draw() {
    if (this.awaited) return;
    this.awaited = requestAnimationFrame(() => {
      this.awaited = 0;
      this.paint();
    });
  }

  paint() {
    const began = performance.now();
    const context = this.context;
    const ratio = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const { scale, x, y } = this.view;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * (width / 2 - x * scale), ratio * (height / 2 - y * scale));
    const [left, top] = this.toWorld(0, 0);
    const [right, bottom] = this.toWorld(width, height);
    this.inView = (place, margin = 0) => place.x > left - margin && place.x < right + margin
      && place.y > top - margin && place.y < bottom + margin;
    const links = this.showLinks ? this.links : [];
    const far = scale < 0.8 && links.length + this.memberships.length > MOST_LINES / 2;
    if (far) this.paintLinesBetweenDiscs(); // below the discs, from rim to rim
    this.paintDiscs();
    if (!far) this.paintLines(links);
    this.paintOwnLines(links);
    this.paintNodes();
    this.paintNames();
    this.canvas.dataset.paintedIn = (performance.now() - began).toFixed(1); // ms, for who wonders
  }

  // Near by, nodes do not grow with the distances between them.
  radius() {
    return Math.min(NODE, MOST_PIXELS / this.view.scale);
  }

  hue(id) {
    return HUES[(id - 1) % HUES.length];
  }

  paintDiscs() {
    const context = this.context;
    for (const disc of this.layout.discs) {
      if (!this.inView(disc, disc.radius)) continue;
      context.beginPath();
      context.arc(disc.x, disc.y, disc.radius, 0, Math.PI * 2);
      context.fillStyle = this.colours.raised; // hides the lines behind it
      context.fill();
      context.fillStyle = disc.id === BACKBONE
        ? (this.dark ? "hsl(160 6% 50% / 7%)" : "hsl(160 8% 35% / 5%)")
        : `hsl(${this.hue(disc.id)} ${this.dark ? "45% 60% / 10%" : "50% 45% / 9%"})`;
      context.fill();
      context.lineWidth = 1 / this.view.scale;
      context.strokeStyle = disc.id === BACKBONE
        ? this.colours.line
        : `hsl(${this.hue(disc.id)} ${this.dark ? "35% 60% / 45%" : "40% 42% / 40%"})`;
      context.stroke();
    }
  }

  // Every line of which an end is in view, up to a number that can be drawn in time.
  paintLines(links) {
    const { places } = this.layout;
    const context = this.context;
    const strokes = (pairs, colour, alpha, dash) => {
      context.beginPath();
      let drawn = 0;
      for (const [from, to] of pairs) {
        if (!this.inView(from) && !this.inView(to)) continue;
        context.moveTo(from.x, from.y);
        context.lineTo(to.x, to.y);
        drawn += 1;
        if (drawn === MOST_LINES) break;
      }
      context.setLineDash(dash);
      context.lineWidth = 1 / this.view.scale;
      context.strokeStyle = colour;
      context.globalAlpha = drawn > 400 ? alpha * 0.5 : alpha;
      context.stroke();
      context.setLineDash([]);
      context.globalAlpha = 1;
    };
    const unit = 1 / this.view.scale;
    const ends = function* ends() {
      for (const [a, b] of links) yield [places.get(a), places.get(b)];
    };
    strokes(this.memberships, this.colours.muted, 0.3, [3 * unit, 4 * unit]);
    strokes(ends(), this.colours.link, 0.45, []);
  }

  paintOwnLines(links) {
    if (!this.chosen) return;
    const context = this.context;
    context.beginPath();
    for (const [a, b] of links) {
      if (a !== this.chosen && b !== this.chosen) continue;
      const [from, to] = [this.layout.places.get(a), this.layout.places.get(b)];
      context.moveTo(from.x, from.y);
      context.lineTo(to.x, to.y);
    }
    context.lineWidth = 2 / this.view.scale;
    context.strokeStyle = this.colours.link;
    context.stroke();
  }

  // The strongest ties between networks: with all of them, nothing could be told apart.
  paintLinesBetweenDiscs() {
    const context = this.context;
    const strongest = (kind) => this.between.filter((line) => line.kind === kind)
      .sort((a, b) => b.count - a.count).slice(0, MOST_TIES);
    const ties = [...strongest("member"), ...(this.showLinks ? strongest("link") : [])];
    const most = Math.max(...ties.map((line) => line.count), 1);
    for (const { kind, from, to, count } of ties) {
      const strength = Math.sqrt(count / most);
      const angle = Math.atan2(to.y - from.y, to.x - from.x);
      const shift = (kind === "link" ? 1 : -1) * 3 / this.view.scale;
      const [sx, sy] = [-Math.sin(angle) * shift, Math.cos(angle) * shift];
      context.beginPath();
      context.moveTo(from.x + from.radius * Math.cos(angle) + sx, from.y + from.radius * Math.sin(angle) + sy);
      context.lineTo(to.x - to.radius * Math.cos(angle) + sx, to.y - to.radius * Math.sin(angle) + sy);
      context.lineWidth = (0.75 + 4 * strength) / this.view.scale;
      context.strokeStyle = kind === "link" ? this.colours.link : this.colours.muted;
      context.globalAlpha = (kind === "link" ? 0.5 : 0.3) * (0.3 + 0.7 * strength);
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  paintNodes() {
    const context = this.context;
    const small = NODE * this.view.scale < 1.6;
    const size = small ? 2.2 / this.view.scale : this.radius();
    const kinds = { online: [], offline: [], others: [] };
    for (const place of this.layout.places.values()) {
      if (!this.inView(place, NODE)) continue;
      if (this.tag && !place.node.tags.includes(this.tag)) kinds.others.push(place);
      else kinds[place.node.online ? "online" : "offline"].push(place);
    }
    const fill = (some, colour, alpha, radius) => {
      context.beginPath();
      for (const { x, y } of some) {
        if (small) context.rect(x - radius / 2, y - radius / 2, radius, radius);
        else {
          context.moveTo(x + radius, y);
          context.arc(x, y, radius, 0, Math.PI * 2);
        }
      }
      context.globalAlpha = alpha;
      context.fillStyle = colour;
      context.fill();
      context.globalAlpha = 1;
    };
    fill(kinds.others, this.colours.offline, 0.22, size);
    fill(kinds.offline, this.colours.offline, 0.75, size);
    fill(kinds.online, this.colours.online, 1, this.tag && small ? size * 1.4 : size);
    const chosen = this.layout.places.get(this.chosen);
    if (chosen) {
      context.beginPath();
      context.arc(chosen.x, chosen.y, Math.max(this.radius() * 1.6, 7 / this.view.scale), 0, Math.PI * 2);
      context.lineWidth = 2 / this.view.scale;
      context.strokeStyle = this.colours.text;
      context.stroke();
    }
  }

  // Names are written in the size of the screen, over everything.
  paintNames() {
    const context = this.context;
    const { scale } = this.view;
    const unit = 1 / scale;
    context.textAlign = "center";
    context.lineJoin = "round";
    const write = (text, x, y, size, colour, weight = 400) => {
      context.font = `${weight} ${size * unit}px ${this.font}`;
      context.lineWidth = 4 * unit;
      context.strokeStyle = this.colours.raised;
      context.strokeText(text, x, y);
      context.fillStyle = colour;
      context.fillText(text, x, y);
    };
    if (scale > NEAR) {
      let written = 0;
      for (const place of this.layout.places.values()) {
        if (!this.inView(place)) continue;
        write(place.node.hostname || `#${place.node.node_id}`, place.x, place.y + this.radius() + 13 * unit, 11, this.colours.muted);
        written += 1;
        if (written === MOST_NAMES) break;
      }
    }
    const taken = [];
    for (const disc of this.layout.discs) { // the largest first
      if (!this.inView(disc, disc.radius) || disc.radius * scale < 13) continue;
      const count = disc.nodes.length;
      const text = disc.radius * scale > 40 && count ? `${disc.name} · ${count.toLocaleString("en")}` : disc.name;
      const [x, y] = [disc.x, disc.y - disc.radius - 7 * unit];
      const half = text.length * 4 * unit;
      const free = taken.every((other) => Math.abs(other.x - x) > other.half + half || Math.abs(other.y - y) > 15 * unit);
      if (!free) continue;
      taken.push({ x, y, half });
      write(text, x, y, 12.5, this.colours.text, 600);
    }
  }

  listen() {
    const { canvas } = this;
    const held = new Map();
    let moved = 0;
    const spot = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      held.set(event.pointerId, spot(event));
      moved = 0;
      this.onHover(null);
    });
    canvas.addEventListener("pointermove", (event) => {
      const now = spot(event);
      const before = held.get(event.pointerId);
      if (!before) {
        this.onHover(this.nodeAt(...now), now);
        return;
      }
      const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
      moved += Math.abs(dx) + Math.abs(dy);
      if (held.size === 1) {
        if (moved > 4) this.move(dx, dy);
      } else {
        const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
        const span = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
        const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
        this.zoom(span(now, other) / Math.max(span(before, other), 1), middle);
      }
      held.set(event.pointerId, now);
    });
    const release = (event) => {
      const at = held.get(event.pointerId);
      held.delete(event.pointerId);
      if (event.type === "pointerup" && at && moved <= 4) {
        this.onChoose(this.nodeAt(...at, event.pointerType === "touch" ? 18 : 9)?.node.node_id ?? null);
      }
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => this.onHover(null));
    canvas.addEventListener("dblclick", (event) => this.zoom(2, spot(event)));
    canvas.addEventListener("wheel", (event) => {
      if (!(event.ctrlKey || event.metaKey)) return; // the page scrolls
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.004), spot(event));
    }, { passive: false });
    const keys = {
      ArrowLeft: () => this.move(60, 0),
      ArrowRight: () => this.move(-60, 0),
      ArrowUp: () => this.move(0, 60),
      ArrowDown: () => this.move(0, -60),
      "+": () => this.zoom(1.4),
      "=": () => this.zoom(1.4),
      "-": () => this.zoom(1 / 1.4),
      0: () => this.fit(),
    };
    canvas.addEventListener("keydown", (event) => {
      if (!keys[event.key] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      keys[event.key]();
    });
  }
}
