// SPDX-License-Identifier: MIT
// check_live.js CHROMIUM URL LOG PLANTED: opens the page of a running watch, appends the lines of PLANTED to the log that it follows, and
// waits for the offender to appear without the page being loaded anew; exit 1 and a sentence when anything is wrong.
'use strict';
const fs = require('fs');
const { chromium } = require('playwright-core');

const LIMIT_MS = 120000; // the machine may be busy
const problems = [];

// The policy of the page lets no string be run, so the waiting functions that run one in it are of no use.
async function until(what, seconds, look) {
	for (let i = 0; i < seconds * 5; i++) {
		if (await look())
			return;
		await new Promise((go) => setTimeout(go, 200));
	}
	throw new Error(`in ${seconds} s: not ${what}`);
}

(async () => {
	const [chrome, url, log, planted] = process.argv.slice(2);
	const browser = await chromium.launch({ executablePath: chrome, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'], timeout: LIMIT_MS });
	const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
	page.setDefaultTimeout(LIMIT_MS);
	let loads = 0;
	page.on('console', (m) => problems.push(`console: ${m.text()}`));
	page.on('pageerror', (e) => problems.push(`error: ${e}`));
	page.on('dialog', (d) => { problems.push('planted script ran'); d.dismiss(); });
	page.on('request', (r) => r.url().startsWith(new URL(url).origin) || problems.push(`asked for ${r.url()}`));
	page.on('load', () => loads++);
	await page.goto(url);
	await until('well', 90, async () => await page.textContent('#live-state') === 'all is well');
	const first = await page.textContent('#live-at');
	await until('another event', 60, async () => await page.textContent('#live-at') !== first);
	if (await page.$('#a-203\\.0\\.113\\.9'))
		problems.push('the offender is there before it came');
	fs.appendFileSync(log, fs.readFileSync(planted));
	await until('the offender', 60, () => page.$('#a-203\\.0\\.113\\.9'));
	if (!(await page.evaluate(() => document.body.innerText)).includes('<script>'))
		problems.push('the planted script is not shown as text');
	if (loads !== 1)
		problems.push(`the page was loaded ${loads} times`);
	await browser.close();
	console.log(problems.join('\n') || 'the page follows the watch');
	process.exit(problems.length ? 1 : 0);
})().catch((e) => { console.log([...problems, String(e)].join('\n')); process.exit(1); });
