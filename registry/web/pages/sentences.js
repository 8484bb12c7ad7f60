// Events in words.

const node = (id) => `node ${id}`;
const network = (id) => `network ${id}`;

const SENTENCES = {
  "node.registered": (p) => `${p.hostname || node(p.node_id)} registered`,
  "node.deregistered": (p) => `${node(p.node_id)} left for good`,
  "node.reaped": (p) => `${node(p.node_id)} was removed after a long silence`,
  "node.stale": (p) => `${node(p.node_id)} went silent`,
  "node.back": (p) => `${node(p.node_id)} is back`,
  "node.hostname_changed": (p) => `${node(p.node_id)} is called ${p.hostname || "nothing"} now`,
  "node.visibility_changed": (p) => `${node(p.node_id)} is ${p.public ? "public" : "private"} now`,
  "node.tags_changed": (p) => `${node(p.node_id)} has the tags ${p.tags.join(", ") || "none"}`,
  "key.enrolled": (p) => `a key became ${node(p.node_id)}`,
  "key.rotated": (p) => `${node(p.node_id)} has another key`,
  "membership.joined": (p) => `${node(p.node_id)} joined ${network(p.network_id)} as ${p.role}`,
  "membership.left": (p) => `${node(p.node_id)} left ${network(p.network_id)}`,
  "membership.invited": (p) => `${node(p.inviter_id)} invited ${node(p.node_id)} into ${network(p.network_id)}`,
  "network.created": (p) => `${p.name} was made: ${network(p.network_id)}`,
  "network.deleted": (p) => `${p.name} is gone`,
  "network.renamed": (p) => `${p.old_name} is called ${p.name} now`,
  "trust.linked": (p) => `${node(p.node_id)} and ${node(p.peer_id)} trust each other`,
  "trust.revoked": (p) => `${node(p.node_id)} and ${node(p.peer_id)} no longer trust each other`,
  "handshake.requested": (p) => `${node(p.peer_id)} asks ${node(p.node_id)} for trust`,
  "handshake.answered": (p) => `${node(p.node_id)} ${p.accept ? "accepted" : "declined"} ${node(p.peer_id)}`,
  "polo.changed": (p) => `${node(p.node_id)} has ${p.polo_score} points`,
};

// Types whose bare name reads badly to somebody who is told no more.
const BARE = (type) => type.replace(".", " ").replaceAll("_", " ");

export const inWords = ({ type, payload }) => {
  if (!payload) return BARE(type);
  const say = SENTENCES[type];
  if (say) return say(payload);
  const facts = Object.entries(payload).map(([key, value]) => `${key.replaceAll("_", " ")} ${value}`);
  return `${BARE(type)}: ${facts.slice(0, 3).join(", ")}`;
};
