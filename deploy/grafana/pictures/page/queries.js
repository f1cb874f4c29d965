// Runs a panel's queries as Grafana's Prometheus source does, and gives data frames.
import { FieldType, standardTransformers, standardTransformersRegistry, toDataFrame, transformDataFrame } from '@grafana/data';
import { lastValueFrom } from 'rxjs';

const known = new Set();
const transformers = Object.values(standardTransformers).filter(({ id }) => !known.has(id) && known.add(id));
standardTransformersRegistry.setInit(() => transformers.map((one) => ({ id: one.id, transformation: one, name: one.name })));

const POINTS = 240;
const LEAST_STEP = 5;

/** The text of a query with Grafana's variables filled in; `seconds` is the length of the time range. */
export function filled(text, variables, seconds, step) {
  const given = {
    ...variables,
    __range: `${seconds}s`,
    __rate_interval: `${Math.max(60, 4 * step)}s`,
  };
  return text.replace(/\$(\w+)/g, (whole, name) => given[name] ?? whole);
}

/** The frames of a panel, transformed as its JSON says. Throws with Prometheus' own words. */
export async function framesOf(panel, { prometheus, until, seconds, variables }) {
  const step = Math.max(LEAST_STEP, Math.round(seconds / POINTS));
  const found = [];
  for (const target of panel.targets) {
    const parameters = new URLSearchParams({ query: filled(target.expr, variables, seconds, step) });
    const times = target.instant ? { time: until } : { start: until - seconds, end: until, step };
    Object.entries(times).forEach(([name, value]) => parameters.set(name, value));
    const address = `${prometheus}/api/v1/${target.instant ? 'query' : 'query_range'}?${parameters}`;
    const answer = await (await fetch(address)).json();
    if (answer.status !== 'success') throw new Error(`${panel.title}: ${answer.error}`);
    const series = answer.data.result;
    if (target.format === 'table') found.push(table(series, target, panel.targets.length));
    else found.push(...series.map((one) => curve(one, target, step)));
  }
  const steps = panel.transformations ?? [];
  return steps.length ? lastValueFrom(transformDataFrame(steps, found)) : found;
}

function curve({ metric, values, value }, target, step) {
  const points = withGaps(values ?? [value], target.instant ? Infinity : step * 1000);
  const name = legend(target, metric);
  return toDataFrame({
    refId: target.refId,
    name,
    fields: [
      { name: 'Time', type: FieldType.time, values: points.map(([time]) => time) },
      { name: 'Value', type: FieldType.number, values: points.map(([, is]) => is), labels: metric, config: { displayNameFromDS: name } },
    ],
  });
}

// Grafana's source leaves a hole where a series was not there; drawn through, a service that was away looks well.
function withGaps(values, step) {
  const points = [];
  for (const [seconds, text] of values) {
    const time = seconds * 1000;
    const before = points.at(-1)?.[0] ?? time;
    if (time - before > 1.5 * step) points.push([before + step, null]);
    points.push([time, Number.isNaN(+text) ? null : +text]);
  }
  return points;
}

function table(series, target, targets) {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const head = targets === 1 ? 'Value' : `Value #${target.refId}`;
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: series.map(({ value }) => value[0] * 1000) },
      ...labels.map((name) => ({ name, type: FieldType.string, values: series.map(({ metric }) => metric[name] ?? '') })),
      { name: head, type: FieldType.number, values: series.map(({ value }) => +value[1]) },
    ],
  });
}

function legend({ legendFormat, expr }, metric) {
  if (!legendFormat || legendFormat === '__auto') return Object.values(metric).join(' ') || expr;
  return legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '');
}
