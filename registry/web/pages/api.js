// Shows the OpenAPI document as a page.

const el = (tag, text = "", className = "") => {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};

const nameOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(nameOf).join(" or ");
  if (schema.prefixItems) return `[${schema.prefixItems.map(nameOf).join(", ")}]`;
  if (schema.type === "array") return `list of ${nameOf(schema.items) || "anything"}`;
  return schema.type ?? "anything";
};

const bounds = (schema) => {
  const said = [];
  if (schema.minimum !== undefined) said.push(`at least ${schema.minimum}`);
  if (schema.maximum !== undefined) said.push(`at most ${schema.maximum}`);
  if (schema.maxLength !== undefined) said.push(`at most ${schema.maxLength} characters`);
  if (schema.default !== undefined && schema.default !== "") said.push(`by default ${schema.default}`);
  return said.length ? `(${said.join(", ")})` : "";
};

const table = (caption, rows) => {
  const made = el("table", "", "fields");
  made.append(el("caption", caption));
  for (const [name, type, says] of rows) {
    const row = el("tr");
    const head = el("th");
    head.scope = "row";
    head.append(el("code", name));
    row.append(head, el("td", type), el("td", says));
    made.append(row);
  }
  return made;
};

const showCall = (path, call, root) => {
  const card = el("article", "", "card call");
  const head = el("h3");
  head.append(el("span", "GET", "method"), el("code", root + path));
  card.append(head, el("p", call.summary));
  if (call.security?.length === 1) card.append(el("p", "Needs the admin token.", "badge"));
  if (call.description) card.append(el("p", call.description));
  const parameters = call.parameters ?? [];
  if (parameters.length) {
    card.append(table("Parameters", parameters.map(({ name, schema, description = "" }) =>
      [name, nameOf(schema), [description, bounds(schema)].filter(Boolean).join(" ")])));
  }
  const [answer] = Object.values(call.responses["200"].content ?? {});
  if (answer) {
    const line = el("p", "Answers ");
    const link = el("a", nameOf(answer.schema));
    link.href = `#${nameOf(answer.schema)}`;
    line.append(link);
    card.append(line);
  }
  return card;
};

const showType = (name, schema) => {
  const card = el("article", "", "card");
  card.id = name;
  card.append(el("h3", name));
  if (schema.description) card.append(el("p", schema.description));
  card.append(table("Fields", Object.entries(schema.properties ?? {}).map(([field, one]) =>
    [field, nameOf(one), one.description ?? ""])));
  return card;
};

const show = async () => {
  const calls = document.getElementById("calls");
  const response = await fetch("/api/openapi.json");
  if (!response.ok) {
    calls.replaceChildren(el("p", `The document cannot be had: ${response.status}`));
    return;
  }
  const api = await response.json();
  document.getElementById("title").textContent = `${api.info.title} ${api.info.version}`;
  document.getElementById("description").textContent = api.info.description;
  calls.replaceChildren(...Object.entries(api.paths).map(([path, { get }]) =>
    showCall(path, get, api.servers[0].url)));
  document.getElementById("types").replaceChildren(...Object.entries(api.components.schemas)
    .map(([name, schema]) => showType(name, schema)));
};

show();
