// One drawing for each kind of panel: Grafana's own components, except the heat map, which is not among its libraries.
import { VizOrientation, dateTime, getDisplayValueAlignmentFactors, getValueFormat } from '@grafana/data';
import { BarGauge, BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
// What Grafana's own table panel is made of; the version is pinned, so it may be called unstable.
import { TableNG } from '@grafana/ui/unstable';
import React from 'react';

import { ZONE, configured, dressed, theme, valuesOf } from './settings.js';

const LEGEND = { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] };
const AXIS_WIDTH = 76;

export function Drawing({ panel, data, width, height, range }) {
  const draw = DRAWINGS[panel.type];
  if (!draw) throw new Error(`no drawing for a panel of kind ${panel.type}`);
  const none = !data.length || data.every((frame) => !frame.length);
  if (none) return <div style={{ padding: 16, color: theme.colors.text.secondary }}>{panel.fieldConfig?.defaults?.noValue ?? '无数据'}</div>;
  return draw({ panel, data, width, height, range });
}

function curves({ panel, data, width, height, range }) {
  const [from, to] = range.map((seconds) => dateTime(seconds * 1000));
  return (
    <TimeSeries frames={dressed(panel, data)} width={width} height={height} timeZone={ZONE}
      timeRange={{ from, to, raw: { from, to } }} legend={panel.options?.legend ?? LEGEND} options={{}} />
  );
}

function numbers({ panel, data, width, height }) {
  const { colorMode = 'value', textMode = 'auto' } = panel.options ?? {};
  const one = ({ value, width: w, height: h, count, alignmentFactors }) => (
    <BigValue value={value.display} width={w} height={h} count={count} alignmentFactors={alignmentFactors} theme={theme}
      colorMode={colorMode} graphMode="none" justifyMode="auto" textMode={textMode === 'auto' && count > 1 ? 'value_and_name' : textMode} />
  );
  return repeated({ panel, data, width, height, one, orientation: VizOrientation.Auto, autoGrid: true });
}

function bars({ panel, data, width, height }) {
  const one = ({ value, width: w, height: h, alignmentFactors }) => (
    <BarGauge value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor?.(value.colIndex)} width={w}
      height={h} theme={theme} orientation={VizOrientation.Horizontal} displayMode={panel.options.displayMode} itemSpacing={8}
      alignmentFactors={alignmentFactors} showUnfilled text={panel.options.text ?? {}} valueDisplayMode="color" namePlacement="left" isOverflow={false} />
  );
  return repeated({ panel, data, width, height, one, orientation: VizOrientation.Horizontal });
}

function repeated({ panel, data, width, height, one, orientation, autoGrid }) {
  return (
    <VizRepeater getValues={() => valuesOf(panel, data)} renderValue={one} source={data} width={width} height={height}
      renderCounter={1} orientation={orientation} autoGrid={autoGrid} itemSpacing={8} minVizHeight={16} minVizWidth={8} maxVizHeight={300}
      getAlignmentFactors={getDisplayValueAlignmentFactors} />
  );
}

function table({ panel, data, width, height }) {
  const sort = panel.options?.sortBy;
  return (
    <TableNG data={dressed(panel, data)[0]} width={width} height={height} initialSortBy={sort} cellHeight={panel.options?.cellHeight}
      enableVirtualization={false} fieldConfig={configured(panel)} />
  );
}

function heat({ panel, data, height }) {
  const bound = (name) => (name === '+Inf' ? Infinity : parseFloat(name));
  const upTo = [...data].sort((a, b) => bound(a.name) - bound(b.name));
  const each = upTo.map((frame, row) => frame.fields[1].values.map((value, at) => Math.max(0, value - (row ? upTo[row - 1].fields[1].values[at] ?? 0 : 0))));
  const rows = shown(each, upTo);
  const most = Math.max(...rows.flatMap(({ counts }) => counts), 1e-9);
  const format = getValueFormat(panel.options.yAxis.unit);
  const written = (name) => { const { text, suffix } = format(bound(name), (String(bound(name)).split('.')[1] ?? '').length); return `≤ ${text}${suffix ?? ''}`; };
  return (
    <div style={{ display: 'flex', flexDirection: 'column-reverse', height: height - 22 }}>
      {rows.map(({ name, counts }) => (
        <div key={name} style={{ display: 'flex', flex: 1, minHeight: 0 }}>
          <div style={{ width: AXIS_WIDTH, fontSize: 11, lineHeight: 1, alignSelf: 'center', textAlign: 'right', paddingRight: 6 }}>
            {name === '+Inf' ? '更长' : written(name)}
          </div>
          {counts.map((count, at) => <div key={at} style={{ flex: 1, margin: '0.5px 0', background: count > 1e-9 ? `rgba(204, 82, 0, ${0.15 + 0.85 * Math.sqrt(count / most)})` : 'rgba(0,0,0,0.03)' }} />)}
        </div>
      ))}
    </div>
  );
}

// The rows from the first to the last that holds something, as Grafana draws them.
function shown(each, frames) {
  const full = each.map((counts) => counts.some((count) => count > 1e-9));
  const first = Math.max(0, full.indexOf(true) - 1);
  const last = full.lastIndexOf(true) + 1;
  return each.map((counts, row) => ({ name: frames[row].name, counts })).slice(first, Math.max(last + 1, first + 3));
}

const DRAWINGS = { timeseries: curves, stat: numbers, bargauge: bars, table, heatmap: heat };
