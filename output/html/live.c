/* SPDX-License-Identifier: MIT */
#include "output/html/live.h"

/* Events carry numbers and words of ours; they are put in as text. The new report is put in as elements, but
 * no script of it runs, and what was opened stays open. */
static const char script[] =
    "(function(){'use strict';\n"
    "var seq=document.body.dataset.seq,busy=false,before=null;\n"
    "function put(id,text){var "
    "n=document.getElementById(id);if(n&&n.textContent!==String(text))n.textContent=text}\n"
    "function key(d){var "
    "a=d.closest('article,section'),l=a?Array.prototype.slice.call(a.querySelectorAll('details')):[];"
    "return(a?a.id:'')+'/'+l.indexOf(d)}\n"
    "function swap(text){var page=new "
    "DOMParser().parseFromString(text,'text/html'),fresh=page.querySelector('main'),"
    "old=document.querySelector('main'),state={};if(!fresh||!old)return;\n"
    "old.querySelectorAll('details').forEach(function(d){state[key(d)]=d.open});\n"
    "fresh.querySelectorAll('details').forEach(function(d){if(key(d)in state)d.open=state[key(d)]});\n"
    "old.replaceWith(document.adoptNode(fresh));seq=page.body.dataset.seq}\n"
    "function "
    "fetchReport(){if(busy)return;busy=true;fetch(location.pathname+location.search,{cache:'no-cache'}).then("
    "function(r){"
    "if(!r.ok)throw new Error(r.status);return "
    "r.text()}).then(swap).catch(function(){}).then(function(){setTimeout(function(){busy=false},5000)})}\n"
    "function listen(){var source=new EventSource('events');\n"
    "source.onmessage=function(m){var e=JSON.parse(m.data);\n"
    "put('live-state',e.state);put('live-at',e.at);\n"
    "if(before&&e.at_s>before.at_s){put('live-rate',Math.max(0,Math.round((e.packets-before.packets)/"
    "(e.at_s-before.at_s))).toLocaleString('en'))}\n"
    "before=e;put('live-dropped',e.dropped.toLocaleString('en'));put('live-block',e.block.toLocaleString('en'"
    "));"
    "put('live-watch',e.watch.toLocaleString('en'));put('live-breaches',e.breaches.toLocaleString('en'));\n"
    "if(e.seq!==seq)fetchReport()};\n"
    "source.onerror=function(){put('live-state','no "
    "connection');if(source.readyState===2)setTimeout(listen,10000)}}\n"
    "listen()})();\n";

struct slice html_live_script(void)
{
	return slice_of(script, sizeof script - 1);
}

void html_live_line(struct html *h)
{
	html_raw(h, "<p class=\"live\" aria-live=\"off\"><strong>Watch: <span id=\"live-state\">as it was "
		    "when this page was opened</span></strong> "
		    "<span id=\"live-at\"></span> &middot; <span id=\"live-rate\">-</span> packets or lines "
		    "a second, <span id=\"live-dropped\">-</span> "
		    "dropped &middot; in memory: <span id=\"live-block\">-</span> to block, <span "
		    "id=\"live-watch\">-</span> to watch, "
		    "<span id=\"live-breaches\">-</span> breaches</p>\n");
}
