(() => {
  "use strict";

  const data = JSON.parse(document.getElementById("data").textContent);
  const [bare, guarded] = data.arms;
  const breakerStates = ["closed", "half-open", "open"];
  const darkMode = window.matchMedia("(prefers-color-scheme: dark)");
  const charts = ["goodput", "wait", "requests", "breaker", "budget"].map(id => echarts.init(document.getElementById(id)));

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  /** What all charts share: the time axis, the tooltip, the shaded outage. */
  function chart(series, valueAxis, formatValue) {
    const muted = color("muted");
    const line = color("line");
    series[0].markArea = {
      silent: true,
      itemStyle: { color: color("outage") },
      label: { color: muted, position: "insideTop" },
      data: [[{ name: "outage", xAxis: data.outage.start }, { xAxis: data.outage.end }]],
    };
    return {
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 76, right: 24, top: 40, bottom: 44 },
      legend: { top: 0, left: 70, textStyle: { color: color("text") }, icon: "rect", itemWidth: 22, itemHeight: 3 },
      tooltip: {
        trigger: "axis",
        backgroundColor: color("surface"),
        borderColor: line,
        textStyle: { color: color("text") },
        formatter: points => points.length === 0 ? "" : [
          `${points[0].axisValue.toFixed(1)} s`,
          ...points.map(point => `${point.marker} ${point.seriesName}: <b>${formatValue(point.value[1])}</b>`),
        ].join("<br>"),
      },
      xAxis: {
        type: "value",
        min: 0,
        max: data.end,
        name: "seconds since measuring began",
        nameLocation: "middle",
        nameGap: 26,
        nameTextStyle: { color: muted },
        axisLabel: { color: muted },
        axisLine: { lineStyle: { color: line } },
        splitLine: { show: false },
        axisPointer: { snap: false },
      },
      yAxis: {
        type: "value",
        min: 0,
        nameTextStyle: { color: muted },
        nameLocation: "middle",
        nameGap: 46,
        splitLine: { lineStyle: { color: line } },
        ...valueAxis,
        axisLabel: { color: muted, ...valueAxis.axisLabel },
      },
      series,
    };
  }

  function curve(name, points, colorName, more) {
    return {
      name,
      type: "line",
      data: points,
      showSymbol: false,
      color: color(colorName),
      lineStyle: { width: 2.5 },
      emphasis: { disabled: true },
      ...more,
    };
  }

  function bothArms(pick) {
    return [curve(bare.name, pick(bare), "bare"), curve(guarded.name, pick(guarded), "guarded")];
  }

  function goodput() {
    const offered = curve("offered", data.offered, "muted", {
      lineStyle: { width: 1.5, type: "dashed" },
    });
    return chart([offered, ...bothArms(arm => arm.goodput)], { name: "answers per second" }, value => `${Math.round(value)}/s`);
  }

  function wait() {
    return chart(bothArms(arm => arm.waits), { name: "seconds" }, value => `${value.toFixed(2)} s`);
  }

  function requests() {
    return chart(bothArms(arm => arm.requests), { name: "requests per call" }, value => value.toFixed(2));
  }

  function breaker() {
    const axis = { max: 2.4, interval: 1, axisLabel: { showMaxLabel: false, formatter: value => breakerStates[value] } };
    return chart([curve("circuit breaker", data.breaker, "guarded", { step: "end" })], axis, value => breakerStates[value]);
  }

  function budget() {
    return chart([curve("retries in hand", data.budget, "guarded", { step: "end" })], { name: "retries", max: range => Math.ceil(range.max * 1.2) }, value => value.toFixed(1));
  }

  function draw() {
    const options = [goodput(), wait(), requests(), breaker(), budget()];
    charts.forEach((target, i) => target.setOption(options[i], true));
  }

  echarts.connect(charts);
  darkMode.addEventListener("change", draw);
  window.addEventListener("resize", () => charts.forEach(target => target.resize()));
  draw();
})();
