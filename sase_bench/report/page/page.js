"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const drawn = "http://www.w3.org/2000/svg";
const columns = [
  ["arch", "block"], ["place", "place"], ["score", ""], ["text", "operations"], ["score_sd", "sd over seeds"],
  ["seeds", "seeds"], ["val_top1", "validation top-1 (0..1)"], ["resnet50_params", "parameters (M)"],
  ["resnet50_flops", "GFLOPs"], ["resnet50_time", "time (× plain; ≈ composed)"],
];
const wide = new Set(["text", "score_sd", "seeds", "val_top1"]);  // hidden on a narrow screen
const most = new Set(["seeds", "val_top1"]);  // the largest is the best
const units = { resnet50_params: [1e-6, 2], resnet50_flops: [1e-9, 2], resnet50_time: [1, 2] };
const names = {
  val_top1: "validation top-1 (0..1)",
  resnet50_params: "parameters of ResNet-50 (M)", resnet50_flops: "FLOPs of ResNet-50 (G)",
  resnet50_time: "forward time of ResNet-50, times the plain network's",
  params: "parameters of the proxy's network", flops: "FLOPs of the proxy's network",
};
const [ink, orange] = ["#0072B2", "#D55E00"];
let sorted = { column: "place", direction: 1 };

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
const isTimed = (block) => block.resnet50_time_is === "timed";
function time(block) {
  if (block.resnet50_time === null) return "-";
  const [middle, low, high] = ["", "_low", "_high"].map((end) => shown(block[`resnet50_time${end}`], "resnet50_time"));
  if (!isTimed(block)) return `≈ ${middle}`;
  return block.resnet50_time_low === null ? middle : `${middle} (${low} to ${high})`;
}
function timeInWords(block) {
  if (block.resnet50_time === null) return "of unknown time";
  const [middle, low, high] = ["", "_low", "_high"].map((end) => shown(block[`resnet50_time${end}`], "resnet50_time"));
  if (!isTimed(block)) return `about ${middle} times the plain network, composed of the times of its operations`;
  return `${middle} times the plain network${block.resnet50_time_low === null ? "" : ` (${low} to ${high})`}, timed`;
}
function score() {
  return data.scores[byId("proxy").value] || "score";
}
// Names of operations begin like others, so a word is a whole one where there is such a one.
function matches(word, all) {
  if (/^\d+$/.test(word)) {
    const isWhole = all.some((block) => String(block.arch) === word);
    return (block) => (isWhole ? String(block.arch) === word : String(block.arch).startsWith(word));
  }
  if (word.includes("/")) return (block) => block.text.startsWith(word);
  const [slot, name] = word.includes("=") ? word.split("=") : ["", word];
  const places = Object.keys(data.slots).map((known) => !slot || known === slot);
  const isWhole = Object.values(data.slots).some((operations, place) => places[place] && operations.includes(name));
  const isMeant = (operation) => (isWhole ? operation === name : operation.startsWith(name));
  return (block) => block.text.split("/").some((operation, place) => places[place] && isMeant(operation));
}
function blocks() {
  const all = data.blocks[byId("proxy").value] || [];
  const wanted = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean).map((word) => matches(word, all));
  return all.filter((block) => wanted.every((isMatch) => isMatch(block)));
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
  for (const [column, label] of columns) {
    const arrow = sorted.column === column ? (sorted.direction > 0 ? " ▲" : " ▼") : "";
    const cell = element("th", undefined, head);
    cell.scope = "col";
    if (arrow) cell.ariaSort = sorted.direction > 0 ? "ascending" : "descending";
    if (wide.has(column)) cell.className = "wide";
    const button = element("button", (column === "score" ? score() : label) + arrow, cell);
    button.onclick = () => {
      sorted = { column, direction: sorted.column === column ? -sorted.direction : most.has(column) ? -1 : 1 };
      drawTable();
    };
  }
  const body = element("tbody", undefined, table);
  const { column, direction } = sorted;
  const rows = blocks().sort((a, b) => {
    if (a[column] === null || b[column] === null) return (a[column] === null) - (b[column] === null);
    return direction * ((a[column] > b[column]) - (a[column] < b[column])) || a.place - b.place;
  });
  for (const block of rows.slice(0, 500)) {
    const line = element("tr", undefined, body);
    for (const [name] of columns) {
      const cell = element("td", undefined, line);
      cell.className = `${name === "text" ? "text" : "number"} ${wide.has(name) ? "wide" : ""}`.trim();
      if (name === "text") {
        block.text.split("/").forEach((part, place) => {
          if (place) cell.append("/", element("wbr"));
          cell.append(part);
        });
      } else if (name === "arch") {
        cell.classList.add("block");
        cell.append(String(block.arch));
        const button = element("button", "copy", cell);
        button.title = `copy the code that builds ResNet-50 with this block, ${block.text}`;
        button.onclick = () => copy(button, code(block));
      } else if (name === "resnet50_time") {
        cell.classList.add("time", isTimed(block) ? "timed" : "composed");
        cell.append(time(block));
        cell.title = timeInWords(block);
      } else cell.append(shown(block[name], name));
    }
  }
  const all = (data.blocks[byId("proxy").value] || []).length;
  byId("count").textContent = `${rows.length} of ${all} blocks${rows.length > 500 ? ", 500 shown" : ""}`;
}
function drawPlot() {
  const plot = byId("plot"), x = byId("x").value, y = byId("y").value;
  plot.replaceChildren();
  const points = blocks().filter((block) => block[x] !== null && block[y] !== null);
  const [left, right, top, bottom] = [80, 620, 50, 360];
  mark("text", { x: 16, y: 205, "text-anchor": "middle", "font-size": 13, transform: "rotate(-90 16 205)" }, plot,
    y === "score" ? score() : names[y]);
  mark("path", { d: `M${left} ${top}V${bottom}H${right}`, fill: "none", stroke: "#444" }, plot);
  if (!points.length) return;
  const scale = (name, from, to) => {
    const values = points.map((block) => block[name]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const isLog = low > 0 && high / low > 3;
    const [forth, back] = isLog ? [Math.log, Math.exp] : [Number, Number];
    const share = (value) => (high === low ? 0.5 : (forth(value) - forth(low)) / (forth(high) - forth(low)));
    const place = (value) => from + share(value) * (to - from);
    return { isLog, low, high, middle: back((forth(low) + forth(high)) / 2), place };
  };
  const across = scale(x, left + 15, right - 15), up = scale(y, bottom - 15, top + 15);
  mark("text", { x: (left + right) / 2, y: 402, "text-anchor": "middle", "font-size": 13 }, plot,
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
  legend(plot, x === "resnet50_time");
  for (const block of points.sort((a, b) => isTimed(a) - isTimed(b))) {
    const front = !beaten(block);
    const fill = block.arch === data.published ? orange : front ? ink : "#fff";
    const kind = x !== "resnet50_time" ? "" : isTimed(block) ? "timed" : "composed";
    const dot = symbol(plot, kind, across.place(block[x]), up.place(block[y]), front ? 6 : 4, fill);
    dot.setAttribute("tabindex", 0);
    const tell = () => {
      byId("hover").textContent = `block ${block.arch}: ${block.text}; ${score()} ${shown(block.score)}, ` +
        `validation top-1 ${shown(block.val_top1)}, ${block.seeds} seed${block.seeds === 1 ? "" : "s"}; in ResNet-50 ` +
        `${shown(block.resnet50_params, "resnet50_params")} M parameters, ` +
        `${shown(block.resnet50_flops, "resnet50_flops")} GFLOPs, ${timeInWords(block)}`;
    };
    dot.addEventListener("mouseenter", tell);
    dot.addEventListener("focus", tell);
  }
}
function symbol(plot, kind, x, y, radius, fill) {
  const shared = { class: `mark ${kind}`.trim(), fill, stroke: ink };
  if (kind === "timed") {
    return mark("rect", { ...shared, x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }, plot);
  }
  const dashes = kind === "composed" ? { "stroke-dasharray": "2 2", "fill-opacity": 0.4 } : {};
  return mark("circle", { ...shared, ...dashes, cx: x, cy: y, r: radius }, plot);
}
function legend(plot, hasTimes) {
  const entries = [
    ["", 6, ink, "no block is both better and cheaper"], ["", 4, "#fff", "another is"], ["", 5, orange, "SASE's own"],
  ];
  if (hasTimes) entries.push(
    ["timed", 5, "#fff", "timed in the whole network"], ["composed", 5, "#fff", "composed of operations' times (≈)"],
  );
  entries.forEach(([kind, radius, fill, label], place) => {
    const [x, y] = [[90, 340, 440, 90, 340][place], place < 3 ? 14 : 34];
    symbol(plot, kind, x, y, radius, fill);
    mark("text", { x: x + 12, y: y + 4, "font-size": 12 }, plot, label);
  });
}
function draw() {
  drawTable();
  drawPlot();
}
for (const proxy of Object.keys(data.blocks)) element("option", proxy, byId("proxy"));
for (const id of ["proxy", "filter"]) byId(id).addEventListener("input", draw);
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
function reveal() {
  const part = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  const folded = part && part.closest("details");
  if (!folded || folded.open) return;
  folded.open = true;
  part.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();
for (const id of ["x", "y"]) byId(id).addEventListener("input", drawPlot);
draw();
