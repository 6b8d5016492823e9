const colors = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#b2a400'];
const place = document.getElementById('curves');
for (const curve of curves) {
  const box = document.createElement('div');
  box.className = 'chart';
  const title = document.createElement('b');
  title.textContent = curve.metric;
  const chart = document.createElement('div');
  chart.className = 'plot';
  const legend = document.createElement('div');
  legend.className = 'legend';
  box.append(title, legend, chart);
  place.append(box);
  new Dygraph(chart, curve.rows, {
    labels: curve.labels, customBars: true, connectSeparatedPoints: true, colors,
    strokeWidth: 2, fillAlpha: 0.18, gridLineColor: '#8883', axisLineColor: '#8886', xlabel: '', legend: 'always', labelsDiv: legend,
    drawPoints: curve.rows.length < 30, pointSize: 2,
  });
}
if (curves.length === 0) place.textContent = 'No metric has more than one row yet.';
