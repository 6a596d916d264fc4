"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const drawn = "http://www.w3.org/2000/svg";
const columns = [
  ["arch", "block"], ["score", ""], ["text", "operations"], ["score_sd", "sd over seeds"], ["seeds", "seeds"],
  ["val_top1", "validation top-1 (0..1)"], ["resnet50_params", "parameters (M)"], ["resnet50_flops", "GFLOPs"],
  ["resnet50_time", "time (× plain)"],
];
const wide = new Set(["text", "score_sd", "seeds", "val_top1"]);  // hidden on a narrow screen
const units = { resnet50_params: [1e-6, 2], resnet50_flops: [1e-9, 2], resnet50_time: [1, 2] };
const names = {
  val_top1: "validation top-1 (0..1)",
  resnet50_params: "parameters of ResNet-50 (M)", resnet50_flops: "FLOPs of ResNet-50 (G)",
  resnet50_time: "forward time of ResNet-50 over the plain one's, timed or composed",
  params: "parameters of the proxy's network", flops: "FLOPs of the proxy's network",
};
let sorted = { column: "score", direction: 1 };

function element(name, text, parent) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}
function mark(name, attributes, parent, text) {
  const made = document.createElementNS(drawn, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}
function shown(value, name) {
  if (value === null || value === undefined) return "-";
  if (units[name]) return (value * units[name][0]).toFixed(units[name][1]);
  if (typeof value !== "number") return String(value);
  return Number.isInteger(value) ? value.toLocaleString("en") : value.toFixed(4);
}
function time(block) {
  if (block.resnet50_time === null) return "-";
  const [low, high] = [shown(block.resnet50_time_low, "resnet50_time"), shown(block.resnet50_time_high, "resnet50_time")];
  const span = block.resnet50_time_low === null ? "" : ` [${low}, ${high}]`;
  return `${shown(block.resnet50_time, "resnet50_time")}${span} ${block.resnet50_time_is}`;
}
function score() {
  return data.scores[byId("proxy").value] || "score";
}
function blocks() {
  const wanted = byId("filter").value.trim().toLowerCase().split(/\s+/);
  const all = data.blocks[byId("proxy").value] || [];
  return all.filter((block) => wanted.every((word) => `${block.arch} ${block.text}`.includes(word)));
}
function code(block) {
  return `from sase_bench.backbones import resnet50\n\nnetwork = resnet50(attention="${block.text}")  # block ${block.arch}\n`;
}
function copy(button, text) {
  const done = () => { button.textContent = "copied"; };
  const byHand = () => {
    const area = element("textarea", text, document.body);
    area.select();
    document.execCommand("copy");
    area.remove();
    done();
  };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(done, byHand); else byHand();
}
function drawTable() {
  const table = byId("blocks");
  table.replaceChildren();
  const head = element("tr", undefined, element("thead", undefined, table));
  element("th", "code", head);
  for (const [column, label] of columns) {
    const arrow = sorted.column === column ? (sorted.direction > 0 ? " ▲" : " ▼") : "";
    const cell = element("th", undefined, head);
    if (wide.has(column)) cell.className = "wide";
    const button = element("button", (column === "score" ? score() : label) + arrow, cell);
    button.onclick = () => {
      sorted = { column, direction: sorted.column === column ? -sorted.direction : 1 };
      drawTable();
    };
  }
  const body = element("tbody", undefined, table);
  const { column, direction } = sorted;
  const rows = blocks().sort((a, b) => {
    if (a[column] === null || b[column] === null) return (a[column] === null) - (b[column] === null);
    return direction * (a[column] < b[column] ? -1 : a[column] > b[column] ? 1 : a.arch - b.arch);
  });
  for (const block of rows.slice(0, 500)) {
    const line = element("tr", undefined, body);
    const button = element("button", "copy", element("td", undefined, line));
    button.title = "copy the code that builds ResNet-50 with this block";
    button.onclick = () => copy(button, code(block));
    for (const [name] of columns) {
      const text = name === "arch" ? String(block.arch) : name === "resnet50_time" ? time(block) : shown(block[name], name);
      const cell = element("td", text, line);
      cell.className = `${name === "text" ? "" : "number"} ${wide.has(name) ? "wide" : ""}`.trim();
    }
  }
  byId("count").textContent = `${rows.length} blocks${rows.length > 500 ? ", 500 shown" : ""}`;
}
function drawPlot() {
  const plot = byId("plot"), x = byId("x").value, y = byId("y").value;
  plot.replaceChildren();
  const points = blocks().filter((block) => block[x] !== null && block[y] !== null);
  const [left, right, top, bottom] = [80, 620, 20, 330];
  mark("text", { x: 16, y: 175, "text-anchor": "middle", "font-size": 13, transform: "rotate(-90 16 175)" }, plot,
    y === "score" ? score() : names[y]);
  mark("path", { d: `M${left} ${top}V${bottom}H${right}`, fill: "none", stroke: "#444" }, plot);
  if (!points.length) return;
  const scale = (name, from, to) => {
    const values = points.map((block) => block[name]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const isLog = low > 0 && high / low > 3;
    const [forth, back] = isLog ? [Math.log, Math.exp] : [Number, Number];
    const share = (value) => (high === low ? 0.5 : (forth(value) - forth(low)) / (forth(high) - forth(low)));
    return { isLog, low, high, middle: back((forth(low) + forth(high)) / 2), place: (value) => from + share(value) * (to - from) };
  };
  const across = scale(x, left + 15, right - 15), up = scale(y, bottom - 15, top + 15);
  mark("text", { x: (left + right) / 2, y: 372, "text-anchor": "middle", "font-size": 13 }, plot,
    `${names[x]}${across.isLog ? ", logarithmic" : ""}, n = ${points.length} blocks`);
  for (const value of new Set([across.low, across.middle, across.high])) {
    mark("text", { x: across.place(value), y: bottom + 18, "text-anchor": "middle", "font-size": 11 }, plot,
      units[x] ? shown(value, x) : Math.round(value).toLocaleString("en"));
  }
  for (const value of new Set([up.low, up.middle, up.high])) {
    mark("text", { x: left - 6, y: up.place(value) + 4, "text-anchor": "end", "font-size": 11 }, plot, value.toFixed(4));
  }
  const better = y === "score" ? (a, b) => a < b : (a, b) => a > b;
  const beaten = (block) => points.some((other) =>
    (other[x] <= block[x] && better(other[y], block[y])) || (other[x] < block[x] && other[y] === block[y]));
  for (const block of points) {
    const front = !beaten(block);
    const dot = mark("circle", {
      cx: across.place(block[x]), cy: up.place(block[y]), r: front ? 6 : 4, tabindex: 0,
      fill: block.arch === data.published ? "#D55E00" : front ? "#0072B2" : "#fff", stroke: "#0072B2",
    }, plot);
    const tell = () => {
      byId("hover").textContent = `block ${block.arch}: ${block.text}; ${score()} ${shown(block.score)}, ` +
        `validation top-1 ${shown(block.val_top1)}, ${block.seeds} seeds; in ResNet-50 ` +
        `${shown(block.resnet50_params, "resnet50_params")} M parameters, ` +
        `${shown(block.resnet50_flops, "resnet50_flops")} GFLOPs, ${time(block)} × plain time`;
    };
    dot.addEventListener("mouseenter", tell);
    dot.addEventListener("focus", tell);
  }
}
function draw() {
  drawTable();
  drawPlot();
}
for (const proxy of Object.keys(data.blocks)) element("option", proxy, byId("proxy"));
for (const id of ["proxy", "filter"]) byId(id).addEventListener("input", draw);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
for (const id of ["x", "y"]) byId(id).addEventListener("input", drawPlot);
draw();
