// The request rate as an area; the newest on the right.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 150;
const SAMPLES = 360;

const shape = (tag, attributes) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

// A round number that is not below the highest.
const ceiling = (highest) => {
  const power = 10 ** Math.floor(Math.log10(Math.max(highest, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((value) => value >= highest) ?? 1;
};

export const number = (value) => value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });

export const drawRate = (svg, { per_second: history, seconds }) => {
  const shown = history.slice(-SAMPLES);
  const top = ceiling(Math.max(...shown, 1));
  const x = (index) => WIDTH - (shown.length - 1 - index) * (WIDTH / (SAMPLES - 1));
  const y = (value) => HEIGHT - (value / top) * (HEIGHT - 8);
  const line = shown.map((value, index) => `${index ? "L" : "M"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  const parts = [0.5, 1].map((share) => shape("line", {
    class: "grid", x1: 0, x2: WIDTH, y1: y(top * share), y2: y(top * share),
  }));
  if (shown.length > 1) {
    parts.push(shape("path", { class: "area", d: `${line}L${WIDTH} ${HEIGHT}L${x(0).toFixed(1)} ${HEIGHT}Z` }));
    parts.push(shape("path", { class: "curve", d: line }));
  }
  svg.replaceChildren(...parts);
  const minutes = Math.round((SAMPLES * seconds) / 60);
  const peak = shown.length ? Math.max(...shown) : 0;
  return `last ${minutes} minutes · top line ${number(top)} · peak ${number(peak)}`;
};
