import { COLORMAPS, type Picture, toPNG } from '../../index.ts';
import type { ColorBar, Sheet, SheetRow } from './sheet.ts';

/** A self-contained HTML page of the sheet, with embedded images and without a script. */
export async function htmlSheet({ title, columns, rows, bar }: Sheet): Promise<string> {
  const heads = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('');
  const lines = await Promise.all(rows.map((row) => tableRow(row, columns)));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<h1>${escaped(title)}</h1>
<table>
<thead><tr><td></td>${heads}</tr></thead>
<tbody>
${lines.join('\n')}
</tbody>
</table>
${colorBar(bar)}
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem; }
h1 { font-size: 1.25rem; }
table { border-spacing: 6px; }
th { font-weight: 600; text-align: left; }
tbody th { vertical-align: top; max-width: 14rem; }
small { display: block; font-weight: 400; opacity: 0.7; }
img { display: block; }
.bar { display: flex; align-items: center; gap: 0.5rem; margin-top: 1rem; }
.bar i { width: 16rem; height: 0.75rem; }
`;

async function tableRow({ label, amounts, cells }: SheetRow, columns: readonly string[]): Promise<string> {
  const small = amounts.map((amount) => `<small>${escaped(amount)}</small>`).join('');
  const pictures = await Promise.all(
    cells.map(
      async (cell, i) => `<td>${cell ? await imageTag(cell, `${columns[i]} of ${label}`) : '&ndash;'}</td>`,
    ),
  );
  return `<tr><th scope="row">${escaped(label)}${small}</th>${pictures.join('')}</tr>`;
}

async function imageTag(picture: Picture, alt: string): Promise<string> {
  const { width, height } = picture;
  const base64 = Buffer.from(await toPNG(picture)).toString('base64');
  return `<img width="${width}" height="${height}" alt="${escaped(alt)}" src="data:image/png;base64,${base64}">`;
}

/** Seventeen stops look continuous. */
function colorBar({ colormap, low, high }: ColorBar): string {
  const table = COLORMAPS[colormap].table();
  const stops = Array.from({ length: 17 }, (_, i) => {
    const at = 4 * Math.min(255, 16 * i);
    return `rgb(${table.slice(at, at + 3).join(' ')})`;
  });
  return `<div class="bar">${escaped(low)} <i style="background: linear-gradient(to right, ${stops.join(', ')})"></i> ${escaped(high)}</div>`;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES.get(character) ?? character);
