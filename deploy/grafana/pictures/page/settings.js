// What a panel's JSON says about its fields, laid on the frames by Grafana's own rules.
import {
  FieldConfigOptionsRegistry, applyFieldOverrides, cacheFieldDisplayNames, createTheme, getFieldDisplayValues, identityOverrideProcessor,
  standardFieldConfigEditorRegistry,
} from '@grafana/data';

export const ZONE = 'Asia/Shanghai';
export const theme = createTheme({ colors: { mode: 'light' } });

// Grafana's defaults of a curve, which its JSON leaves out.
const CURVE = {
  drawStyle: 'line', lineInterpolation: 'linear', barAlignment: 0, lineWidth: 1, fillOpacity: 0, gradientMode: 'none',
  showPoints: 'auto', pointSize: 5, axisPlacement: 'auto', scaleDistribution: { type: 'linear' }, spanNulls: false,
  stacking: { mode: 'none', group: 'A' }, thresholdsStyle: { mode: 'off' },
  hideFrom: { legend: false, tooltip: false, viz: false },
};

const option = (path, custom) => ({
  id: custom ? `custom.${path}` : path, path, name: path, isCustom: custom, process: identityOverrideProcessor,
  shouldApply: () => true, override: () => null, editor: () => null,
});
// The names by which an override may call what it replaces; Grafana itself fills this list from its editors.
const STANDARD = ['unit', 'decimals', 'displayName', 'mappings', 'thresholds', 'links', 'noValue', 'color', 'min', 'max'];
const CUSTOM = [...Object.keys(CURVE), 'axisSoftMin', 'axisSoftMax', 'width', 'minWidth', 'cellOptions', 'align'];
standardFieldConfigEditorRegistry.setInit(() => STANDARD.map((path) => option(path, false)));
const registry = new FieldConfigOptionsRegistry(() => [
  ...STANDARD.map((path) => option(path, false)), ...CUSTOM.map((path) => option(path, true)),
]);

/** The panel's field configuration with the defaults that its kind has. */
export function configured(panel) {
  const { defaults = {}, overrides = [] } = structuredClone(panel.fieldConfig ?? {});
  if (panel.type === 'timeseries') defaults.custom = { ...CURVE, ...defaults.custom };
  defaults.color ??= { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' };
  defaults.thresholds ??= { mode: 'absolute', steps: [{ value: null, color: 'text' }] };
  for (const steps of [defaults.thresholds.steps, ...overrides.flatMap(({ properties }) => stepsIn(properties))]) {
    steps.forEach((one) => { one.value ??= -Infinity; });
  }
  return { defaults, overrides };
}

function stepsIn(properties) {
  return properties.filter(({ id }) => id === 'thresholds').map(({ value }) => value.steps);
}

/** The frames with units, colours and names as the panel's JSON says. */
export function dressed(panel, data) {
  const frames = applyFieldOverrides({
    data, fieldConfig: configured(panel), theme, timeZone: ZONE, replaceVariables: (text) => text, fieldConfigRegistry: registry,
  });
  cacheFieldDisplayNames(frames);
  return frames;
}

/** The single values of a panel, as they are written. */
export function valuesOf(panel, data) {
  return getFieldDisplayValues({
    fieldConfig: configured(panel), reduceOptions: panel.options?.reduceOptions ?? { calcs: ['lastNotNull'] },
    replaceVariables: (text) => text, theme, data: dressed(panel, data), sparkline: false, timeZone: ZONE,
  });
}
