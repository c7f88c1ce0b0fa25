// SPDX-License-Identifier: MIT
// check_report.js CHROMIUM FILE...: opens each report as a reader would and says what is wrong with it; exit 1 when anything is.
//   FILE may be followed by conditions: FILE:diagonal (the sweep picture rises or falls with time), FILE:planted (script was planted
//   in its texts, and must show as text), FILE:crowd=N (of N offenders the worst are drawn, and their number is told).
'use strict';
const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const LIMIT_MS = 120000; // the machine may be busy
const problems = [];
const say = (file, what) => problems.push(`${path.basename(file)}: ${what}`);

// Pearson's r of the starts of the subpaths of the marks in an SVG.
function correlation(points) {
	const n = points.length;
	const mean = (i) => points.reduce((sum, p) => sum + p[i], 0) / n;
	const [mx, my] = [mean(0), mean(1)];
	let xy = 0, xx = 0, yy = 0;
	for (const [x, y] of points) {
		xy += (x - mx) * (y - my);
		xx += (x - mx) ** 2;
		yy += (y - my) ** 2;
	}
	return xy / Math.sqrt(xx * yy);
}

async function checkDiagonal(page, file) {
	const points = await page.$$eval('#sweep figure > .scroll > svg path.m', (paths) =>
		paths.flatMap((p) => [...p.getAttribute('d').matchAll(/M(\d+) (\d+)/g)].map((m) => [+m[1], +m[2]])));
	const r = correlation(points);
	if (!(points.length > 20 && Math.abs(r) > 0.98))
		say(file, `the sweep picture shows no diagonal: ${points.length} points, correlation ${r}`);
}

async function checkAxe(page, file, scheme) {
	const found = await page.evaluate(async (source) => {
		window.eval(source);
		const result = await window.axe.run(document, { resultTypes: ['violations'] });
		return result.violations.map((v) => `${v.id} (${v.impact}): ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`);
	}, axe);
	for (const violation of found)
		say(file, `${scheme}: axe: ${violation}`);
}

async function checkCrowd(page, file, count) {
	const shown = await page.evaluate(() => ({ text: document.body.innerText, sections: document.querySelectorAll('article.offender').length,
						   rows: Math.max(...[...document.querySelectorAll('table')].map((t) => t.rows.length)) }));
	if (!shown.text.includes(count.toLocaleString('en-US')))
		say(file, `it does not say that there are ${count}`);
	if (shown.sections < 50 || shown.sections >= count || shown.rows < 100 || shown.rows >= count)
		say(file, `of ${count} it shows ${shown.sections} in sections and ${shown.rows} in a table`);
}

// The Tab key visits what can be used, in the order in which it stands on the page, and one sees where it is.
async function checkTabs(page, file) {
	await page.evaluate(() => document.activeElement.blur());
	let last = -1;
	for (let i = 0; i < 40; i++) {
		await page.keyboard.press('Tab');
		const at = await page.evaluate(() => {
			const e = document.activeElement;
			if (!e || e === document.body)
				return null;
			const style = getComputedStyle(e);
			return { index: [...document.querySelectorAll('*')].indexOf(e), name: e.outerHTML.slice(0, 80),
				 seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 };
		});
		if (!at)
			break;
		if (i === 0 && !at.name.includes('class="skip"'))
			say(file, `the first stop of Tab is ${at.name}, not the skip link`);
		if (at.index <= last)
			say(file, `Tab goes backwards, to ${at.name}`);
		if (!at.seen && !at.name.includes('class="skip"'))
			say(file, `one can not see the focus on ${at.name}`);
		last = at.index;
	}
	if (last < 0)
		say(file, 'nothing can be reached by keyboard');
}

async function checkHeadings(page, file) {
	const levels = await page.$$eval('h1,h2,h3,h4', (all) => all.map((h) => +h.tagName[1]));
	if (levels[0] !== 1 || levels.filter((l) => l === 1).length !== 1)
		say(file, 'there is not one h1, and first');
	levels.forEach((level, i) => i && level > levels[i - 1] + 1 && say(file, `a heading of level ${level} below one of level ${levels[i - 1]}`));
}

async function checkPage(browser, file, wants) {
	for (const scheme of ['light', 'dark']) {
		const context = await browser.newContext({ colorScheme: scheme, viewport: { width: 1200, height: 900 } });
		const page = await context.newPage();
		page.setDefaultTimeout(LIMIT_MS);
		page.on('console', (m) => say(file, `${scheme}: console: ${m.text()}`));
		page.on('pageerror', (e) => say(file, `${scheme}: error: ${e}`));
		page.on('dialog', (d) => { say(file, 'script ran'); d.dismiss(); });
		page.on('request', (r) => r.url().startsWith('file:') && r.isNavigationRequest() || say(file, `asked for ${r.url()}`));
		await page.goto('file://' + path.resolve(file));
		if (await page.$$eval('script, img, iframe, link, object, [style], [onload], [onerror]', (all) => all.length))
			say(file, 'it has elements that it should not have');
		if (scheme === 'light') {
			await checkTabs(page, file);
			await checkHeadings(page, file);
		}
		const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		const light = ground.match(/\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) > 384;
		if (light !== (scheme === 'light'))
			say(file, `${scheme}: the page is ${ground}`);
		if (wants.includes('diagonal'))
			await checkDiagonal(page, file);
		if (wants.includes('planted') && !(await page.evaluate(() => document.body.innerText)).includes('<script>'))
			say(file, 'the planted script is not shown as text');
		const crowd = wants.find((w) => w.startsWith('crowd='));
		if (crowd)
			await checkCrowd(page, file, +crowd.split('=')[1]);
		await page.setViewportSize({ width: 360, height: 740 });
		const wide = await page.evaluate(() => document.documentElement.scrollWidth);
		if (wide > 360)
			say(file, `at 360 pixels it is ${wide} wide`);
		await context.close();
		// It takes minutes for thousands of rows of what the other pages have, too.
		if (crowd)
			continue;
		// axe needs script, which the policy of the page forbids: a context that does not ask the policy.
		const lenient = await browser.newContext({ colorScheme: scheme, bypassCSP: true, viewport: { width: 1200, height: 900 } });
		const other = await lenient.newPage();
		other.setDefaultTimeout(LIMIT_MS);
		await other.goto('file://' + path.resolve(file));
		await other.$$eval('details', (all) => all.forEach((d) => { d.open = true; }));
		await checkAxe(other, file, scheme);
		await lenient.close();
	}
}

(async () => {
	const [chrome, ...files] = process.argv.slice(2);
	const browser = await chromium.launch({ executablePath: chrome, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'], timeout: LIMIT_MS });
	for (const argument of files) {
		const [file, ...wants] = argument.split(':');
		await checkPage(browser, file, wants);
	}
	await browser.close();
	console.log(problems.join('\n') || `${files.length} reports: all in order`);
	process.exit(problems.length ? 1 : 0);
})().catch((e) => { console.log(String(e)); process.exit(1); });
