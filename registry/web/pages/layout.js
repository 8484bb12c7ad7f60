// Where everything stands in the picture, in units of its own.
//
// A network is a disc, as large as its nodes need; each node stands in the smallest network that
// it is in, or among those that are in none. Within a disc nodes stand as seeds in a sunflower,
// so a place says nothing, and 10,000 of them are placed in a few milliseconds, always alike.

const SPACING = 9;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const MARGIN = 26;
const MOST_PACKED = 250; // beyond, discs stand in a spiral without looking for gaps

export const BACKBONE = 0;

export const homeOf = (node, sizes) => {
  let home = BACKBONE;
  let least = Infinity;
  for (const id of node.networks) {
    const size = sizes.get(id) ?? Infinity;
    if (size < least) [home, least] = [id, size];
  }
  return home;
};

const gather = (nodes, networks) => {
  const sizes = new Map(networks.map((network) => [network.network_id, network.members]));
  const names = new Map(networks.map((network) => [network.network_id, network.name]));
  const discs = new Map();
  for (const node of nodes) {
    const id = homeOf(node, sizes);
    if (!discs.has(id)) {
      const name = id === BACKBONE ? "in no network" : names.get(id) ?? `network ${id}`;
      discs.set(id, { id, name, nodes: [], x: 0, y: 0, radius: 0 });
    }
    discs.get(id).nodes.push(node);
  }
  for (const { network_id: id, name } of networks) {
    if (!discs.has(id)) discs.set(id, { id, name, nodes: [], x: 0, y: 0, radius: 0 });
  }
  return [...discs.values()];
};

const pack = (discs) => {
  discs.sort((a, b) => b.radius - a.radius || a.id - b.id);
  const placed = [];
  let reach = 0;
  for (const [index, disc] of discs.entries()) {
    if (index >= MOST_PACKED) {
      reach += disc.radius * disc.radius * 1.6;
      disc.x = Math.sqrt(reach) * Math.cos(index * GOLDEN);
      disc.y = Math.sqrt(reach) * Math.sin(index * GOLDEN);
      continue;
    }
    const fits = (x, y) => placed.every((other) =>
      Math.hypot(other.x - x, other.y - y) >= other.radius + disc.radius + MARGIN);
    let turn = 0;
    let away = 0;
    while (!fits(disc.x, disc.y)) {
      turn += 0.35;
      away += 5 + disc.radius * 0.02;
      disc.x = away * Math.cos(turn) * 1.35; // wider than high, as screens are
      disc.y = away * Math.sin(turn);
    }
    placed.push(disc);
    reach = Math.max(reach, (Math.hypot(disc.x, disc.y) + disc.radius) ** 2);
  }
};

export const layOut = (nodes, networks) => {
  const discs = gather(nodes, networks);
  for (const disc of discs) {
    disc.radius = SPACING * Math.sqrt(Math.max(disc.nodes.length, 3)) + 12;
    disc.nodes.sort((a, b) => b.polo_score - a.polo_score || a.node_id - b.node_id);
  }
  pack(discs);
  const places = new Map();
  for (const disc of discs) {
    disc.nodes.forEach((node, index) => {
      const away = SPACING * Math.sqrt(index + (disc.nodes.length > 1 ? 0.5 : 0));
      places.set(node.node_id, {
        node,
        disc,
        x: disc.x + away * Math.cos(index * GOLDEN),
        y: disc.y + away * Math.sin(index * GOLDEN),
      });
    });
  }
  const bounds = { left: 0, right: 1, top: 0, bottom: 1 };
  discs.forEach((disc, index) => {
    const grow = (key, value, choose) => {
      bounds[key] = index ? choose(bounds[key], value) : value;
    };
    grow("left", disc.x - disc.radius, Math.min);
    grow("right", disc.x + disc.radius, Math.max);
    grow("top", disc.y - disc.radius, Math.min);
    grow("bottom", disc.y + disc.radius, Math.max);
  });
  return { discs, places, bounds };
};
