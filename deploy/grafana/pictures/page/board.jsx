// A whole board from its JSON: `window.asked` says which one, of which Prometheus, until when and how far back.
import 'uplot/dist/uPlot.min.css';
import { ThemeContext } from '@grafana/data';
import { GlobalStyles, PortalContainer } from '@grafana/ui';
import React from 'react';
import { createRoot } from 'react-dom/client';

import { lettersLoaded } from './letters.js';
import { Drawing } from './panels.jsx';
import { framesOf } from './queries.js';
import { theme } from './settings.js';

const WIDTH = 1600;
const UNIT = 38;
const HEAD = 84;
const TRIES = 20;
const { board, title, variables, ...asked } = window.asked;

class Guard extends React.Component {
  state = {};
  static getDerivedStateFromError(error) { return { error }; }
  componentDidCatch(error) { window.failed.push(`${this.props.title}: ${error.stack}`); }
  render() { return this.state.error ? String(this.state.error) : this.props.children; }
}

function Panel({ panel, data }) {
  const { x, y, w, h } = panel.gridPos;
  const width = (w * WIDTH) / 24 - 8;
  const height = h * UNIT - 8;
  const { border, background } = theme.colors;
  const frame = { position: 'absolute', left: (x * WIDTH) / 24 + 4, top: HEAD + y * UNIT, width, height, overflow: 'hidden', boxSizing: 'border-box' };
  if (panel.type === 'row') return <div style={{ ...frame, height: UNIT, padding: '6px 4px', fontSize: 16, fontWeight: 500 }}>{panel.title}</div>;
  return (
    <div data-kind={data.some((each) => each.length) ? panel.type : 'nothing'} style={{ ...frame, background: background.primary, border: `1px solid ${border.weak}`, borderRadius: 2 }}>
      <div style={{ fontSize: 14, fontWeight: 500, padding: '6px 8px', height: 32, boxSizing: 'border-box' }}>{panel.title}</div>
      <div style={{ padding: '0 8px', height: height - 42 }}>
        <Guard title={panel.title}>
          <Drawing panel={panel} data={data} width={width - 18} height={height - 42} range={[asked.until - asked.seconds, asked.until]} />
        </Guard>
      </div>
    </div>
  );
}

function Board({ found }) {
  const chosen = board.templating.list.filter(({ type }) => type === 'query');
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <PortalContainer />
      <div style={{ padding: '12px 10px 0', fontSize: 22 }}>{board.title}<span style={{ fontSize: 14, color: theme.colors.text.secondary, marginLeft: 16 }}>{title}</span></div>
      <div style={{ padding: '6px 10px', fontSize: 13 }}>
        {chosen.map(({ name, label }) => <span key={name} style={{ marginRight: 20 }}>{label}：{asked.names[name] ?? '全部'}</span>)}
      </div>
      {board.panels.map((panel, at) => <Panel key={at} panel={panel} data={found[at]} />)}
    </ThemeContext.Provider>
  );
}

async function main() {
  window.failed = [];
  const height = HEAD + UNIT * Math.max(...board.panels.map(({ gridPos: { y, h } }) => y + h)) + 4;
  document.body.style.cssText = `margin:0;width:${WIDTH + 8}px;height:${height}px;font-family:${theme.typography.fontFamily}`;
  document.body.style.background = theme.colors.background.canvas;
  await lettersLoaded();
  const found = await Promise.all(board.panels.map((panel) => (panel.type === 'row' ? [] : framesOf(panel, { ...asked, variables }))));
  createRoot(document.getElementById('root')).render(<Board found={found} />);
  await settled();
  // On a busy machine a table takes its time.
  for (let tries = 0; tries < TRIES && !tablesFilled(); tries += 1) await settled();
  if (!tablesFilled()) window.failed.push('a table stayed empty');
  window.drawn = height;
}

const tablesFilled = () => [...document.querySelectorAll('[data-kind="table"]')].every((each) => each.querySelector('[role="gridcell"]'));
const settled = () => new Promise((done) => { setTimeout(done, 1500); });

main().catch((error) => { window.failed.push(error.stack); window.drawn = 1; });
