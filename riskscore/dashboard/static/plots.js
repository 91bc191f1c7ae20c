// Draws the figures of a page with plotly.js, from data blocks in the page, in the colours of the style sheet.
/* global Plotly */

const styles = () => getComputedStyle(document.documentElement);
const colour = (name) => styles().getPropertyValue(`--${name}`).trim();
const REGIME_COLOUR = { chips: "chips", cloud_data: "cloud", outbound_investment: "outbound" };
const DASH = { chips: "solid", cloud_data: "dash", outbound_investment: "dot" };
const SYMBOL = { watch: "circle-open", material: "diamond", acute: "triangle-up" };
const DAY = 86_400_000;
const MARGIN = 4 * DAY; // beyond the last point, so that its mark is whole
const SETTINGS = { responsive: true, displayModeBar: false, scrollZoom: false, doubleClick: "reset" };
// Titles come from anywhere; plotly reads a few tags and character references in its texts.
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const cut = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);

function layout(more) {
  const axis = { gridcolor: colour("line"), linecolor: colour("line-strong"), zerolinecolor: colour("line"), tickcolor: colour("line-strong"), fixedrange: false };
  return {
    font: { family: styles().getPropertyValue("--sans"), size: 12, color: colour("ink") },
    paper_bgcolor: colour("sheet"),
    plot_bgcolor: colour("sheet"),
    margin: { l: 44, r: 16, t: 12, b: 34 },
    hoverlabel: { bgcolor: colour("ink"), bordercolor: colour("ink"), font: { color: colour("paper"), size: 12 }, align: "left" },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
    ...more,
    xaxis: { ...axis, ...more.xaxis },
    yaxis: { ...axis, fixedrange: true, ...more.yaxis },
  };
}

const drawings = {
  volume(figure) {
    const traces = [];
    const more = { barmode: "stack", bargap: 0.15, showlegend: true, margin: { l: 34, r: 10, t: 46, b: 30 }, annotations: [], hovermode: "x unified" };
    const most = Math.max(1, ...figure.panels.map((panel) => Math.max(...figure.starts.map((_, week) => panel.series.reduce((sum, one) => sum + one.counts[week], 0)))));
    figure.panels.forEach((panel, place) => {
      const suffix = place === 0 ? "" : String(place + 1);
      const width = 1 / figure.panels.length;
      const domain = [place * width + (place ? 0.025 : 0), (place + 1) * width];
      const axis = layout({}).xaxis;
      more[`xaxis${suffix}`] = { ...axis, domain, anchor: `y${suffix}`, type: "date", nticks: 5, showgrid: false };
      more[`yaxis${suffix}`] = { ...axis, fixedrange: true, anchor: `x${suffix}`, range: [0, most * 1.08], nticks: 4, showticklabels: place === 0, tickformat: "d", rangemode: "tozero" };
      more.annotations.push({ text: panel.name, x: domain[0], xref: "paper", y: 1.02, yref: "paper", xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 12.5, weight: 600, color: colour(REGIME_COLOUR[panel.regime]) } });
      for (const one of panel.series) {
        traces.push({ type: "bar", x: figure.starts, y: one.counts, name: one.severity, legendgroup: one.severity, showlegend: place === 0, xaxis: `x${suffix}`, yaxis: `y${suffix}`, marker: { color: colour(one.severity), pattern: { shape: { watch: ".", material: "/", acute: "" }[one.severity], size: 5, solidity: 0.3, fillmode: "overlay", fgcolor: colour("sheet") } }, hovertemplate: "%{y} %{fullData.name}<extra></extra>" });
      }
    });
    more.legend = { orientation: "h", x: 1, xanchor: "right", y: 1.13, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" };
    return [traces, layout(more)];
  },

  timeline(figure) {
    const traces = figure.regimes.map((one) => ({ type: "scatter", mode: "lines", name: one.name, x: figure.at, y: one.scores, line: { color: colour(REGIME_COLOUR[one.regime]), width: 1.8, dash: DASH[one.regime] }, hovertemplate: "%{y:.0f} %{fullData.name}<extra></extra>" }));
    traces.push({ type: "scatter", mode: "lines", name: "Over all", x: figure.at, y: figure.overall, line: { color: colour("ink"), width: 2.6 }, hovertemplate: "%{y:.0f} over all<extra></extra>" });
    const height = (moment) => {
      let place = figure.at.findIndex((at) => at >= moment);
      if (place < 0) place = figure.at.length - 1;
      return figure.overall[place];
    };
    const shown = figure.events.filter((event) => event.at >= figure.at[0]);
    traces.push({
      type: "scatter", mode: "markers", name: "Measures", x: shown.map((one) => one.at), y: shown.map((one) => height(one.at)),
      marker: { size: 10, symbol: shown.map((one) => SYMBOL[one.severity] ?? "circle"), color: shown.map((one) => colour(one.severity)), line: { width: 1.4, color: colour("sheet") } },
      text: shown.map((one) => `${plain(one.stage)}, ${one.severity}<br>${plain(cut(one.title, 70))}`),
      customdata: shown.map((one) => one.article), hovertemplate: "%{text}<extra></extra>",
    });
    return [traces, layout({ hovermode: "x unified", showlegend: true, margin: { l: 40, r: 16, t: 40, b: 34 }, xaxis: { type: "date", range: [figure.at[0], new Date(new Date(figure.at.at(-1)).getTime() + MARGIN).toISOString()] }, yaxis: { range: [0, 102] } })];
  },

  rulebook(figure, box) {
    const rows = figure.rows;
    box.style.height = `${Math.max(280, 110 + rows.length * 22)}px`;
    const traces = Object.keys(REGIME_COLOUR).map((regime) => {
      const of = rows.map((row, place) => ({ row, place })).filter((one) => one.row.regime === regime);
      const x = [], y = [], text = [], size = [];
      for (const { row, place } of of) {
        for (const [when, name] of row.dates) {
          x.push(when); y.push(place);
          text.push(`${plain(row.name)}<br>${plain(name.replaceAll("_", " "))}, ${when}`);
          size.push(when > figure.at ? 8 : 9);
        }
        x.push(null); y.push(null); text.push(""); size.push(0);
      }
      return { type: "scatter", mode: "lines+markers", x, y, text, hovertemplate: "%{text}<extra></extra>", connectgaps: false, name: { chips: "Chips", cloud_data: "Cloud & data", outbound_investment: "Outbound investment" }[regime], line: { color: colour(REGIME_COLOUR[regime]), width: 1.2, dash: DASH[regime] }, marker: { color: colour(REGIME_COLOUR[regime]), size, symbol: { chips: "circle", cloud_data: "square", outbound_investment: "diamond" }[regime] } };
    });
    const names = rows.map((row) => plain(cut(row.name, 46)));
    const narrow = box.clientWidth < 700;
    return [traces, layout({
      hovermode: "closest", showlegend: true, margin: { l: narrow ? 12 : 310, r: 16, t: 44, b: 34 },
      xaxis: { type: "date", side: "bottom" },
      yaxis: { tickmode: "array", tickvals: rows.map((_, place) => place), ticktext: names, showticklabels: !narrow, autorange: "reversed", tickfont: { size: 11 } },
      shapes: [{ type: "line", x0: figure.at, x1: figure.at, y0: 0, y1: 1, yref: "paper", line: { color: colour("ink"), width: 1.2, dash: "dot" } }],
    })];
  },
};

async function draw(box) {
  const figure = JSON.parse(document.getElementById(box.dataset.figure).textContent);
  const [traces, design] = drawings[figure.kind](figure, box);
  await Plotly.react(box, traces, design, SETTINGS);
  box.dataset.drawn = "true";
  if (box.dataset.heard) return;
  box.dataset.heard = "true";
  box.on("plotly_click", (event) => {
    const article = event.points.find((point) => point.customdata)?.customdata;
    if (article) location.assign(`/articles/${encodeURIComponent(article)}`);
  });
  for (const button of document.querySelectorAll(`[data-plot="${box.id}"][data-days]`)) {
    button.addEventListener("click", () => {
      const days = Number(button.dataset.days);
      const last = new Date(figure.at.at(-1)).getTime();
      const first = days ? new Date(last - days * DAY) : new Date(figure.at[0]);
      const range = [first.toISOString(), new Date(last + MARGIN).toISOString()];
      Plotly.relayout(box, { "xaxis.range": range });
      for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    });
  }
}

const drawAll = () => {
  for (const box of document.querySelectorAll("[data-figure]")) draw(box);
};
drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
