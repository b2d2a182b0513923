/// A page of HTML that needs no other file: readable on a screen, light or dark, on a phone, and on paper.
struct Page {
    /// What the browser's tab and the first heading say.
    var title: String
    /// What came out, in a sentence or two.
    var lead: String
    /// The sections, as HTML.
    var body: String

    /// The whole file.
    var html: String {
        """
        <!doctype html><html lang="en"><meta charset="utf-8">\(Self.mark)
        <meta name="viewport" content="width=device-width,initial-scale=1"><title>\(escaped(title))</title>
        <style>\(Self.style)</style><main><h1>\(escaped(title))</h1><p class="lead">\(escaped(lead))</p>
        \(EmotionPattern.definitions)\(body)</main><div id="tip" role="status"></div>
        <script>\(Self.script)</script></html>

        """
    }

    /// Says that the page is ours, so that it may be replaced by a newer one.
    static let mark = "<meta name=\"generator\" content=\"raut\">"

    private static let style = """
        :root{color-scheme:light dark;--ink:#1c1f26;--faint:#5b6472;--paper:#fff;--line:#dfe3e8;--mark:#2563eb}
        @media(prefers-color-scheme:dark){:root{--ink:#e8eaf0;--faint:#a3acba;--paper:#14171c;--line:#303743;--mark:#7eacff}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif}
        main{max-width:1000px;margin:0 auto;padding:32px 20px}h1{font-size:28px;line-height:1.2;margin:0 0 12px;overflow-wrap:anywhere}
        h2{font-size:20px;margin:36px 0 8px}.lead{font-size:18px;max-width:46em;margin:0}
        .note{color:var(--faint);font-size:14px;margin:4px 0}.scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:14px}caption{text-align:left;color:var(--faint);padding:4px 0}
        th,td{text-align:left;padding:6px 14px 6px 0;border-bottom:1px solid var(--line)}th{font-weight:600}
        .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
        figure{margin:0 0 8px;overflow-x:auto}figure>svg{display:block;width:100%;min-width:560px;height:auto}svg text{fill:var(--ink);font-size:13px}
        svg .faint{fill:var(--faint)}svg .grid{stroke:var(--line)}svg .mark{fill:var(--mark)}svg .edge{stroke:var(--paper)}
        [data-tip]:hover,[data-tip]:focus{outline:2px solid var(--ink);outline-offset:1px}
        .keys{display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:8px 0;list-style:none;font-size:14px}
        .keys svg{display:inline-block;width:26px;height:14px;vertical-align:-2px;margin-right:6px}
        .moments{display:flex;flex-wrap:wrap;gap:12px;margin:8px 0}.moments figure{width:96px;font-size:13px;line-height:1.3}
        .moments img{width:96px;height:96px;object-fit:cover;border-radius:6px;display:block;margin-bottom:4px}
        #tip{position:fixed;display:none;pointer-events:none;background:var(--ink);color:var(--paper);padding:4px 9px;border-radius:5px;font-size:14px;max-width:280px;z-index:1}
        @media print{:root{--ink:#000;--faint:#444;--paper:#fff;--line:#bbb}main{padding:0;max-width:none}section,figure,tr{break-inside:avoid}#tip{display:none!important}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
        """

    /// Shows what stands in `data-tip` where one points, touches, or goes with the keyboard.
    private static let script = """
        const tip=document.getElementById('tip');
        function show(e){const t=e.target.closest&&e.target.closest('[data-tip]');if(!t){tip.style.display='none';return}
        tip.textContent=t.dataset.tip;tip.style.display='block';const b=t.getBoundingClientRect();
        const x=e.clientX||b.left+b.width/2,y=e.clientY||b.top,w=tip.offsetWidth,h=tip.offsetHeight;
        tip.style.left=Math.max(4,Math.min(innerWidth-w-4,x-w/2))+'px';tip.style.top=(y-h-12<4?y+18:y-h-12)+'px'}
        addEventListener('pointermove',show);addEventListener('pointerdown',show);addEventListener('focusin',show);
        addEventListener('keydown',e=>{if(e.key==='Escape')tip.style.display='none'});
        """
}

/// A table of a page: a row of headings, then rows; all columns but the first hold numbers unless said.
struct PageTable {
    var caption: String
    var columns: [String]
    var rows: [[String]]
    /// How many columns from the left hold words.
    var wordColumns = 1

    var html: String {
        func cells(_ texts: [String], _ element: String) -> String {
            texts.enumerated().map { index, text in
                let kind = index < wordColumns ? "" : " class='n'"
                let scope = element == "th" ? " scope='col'" : ""
                return "<\(element)\(scope)\(kind)>\(escaped(text))</\(element)>"
            }.joined()
        }
        return "<div class='scroll'><table><caption>\(escaped(caption))</caption><thead><tr>"
            + cells(columns, "th") + "</tr></thead><tbody>"
            + rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined() + "</tbody></table></div>"
    }
}

/// A text as HTML and SVG take it.
func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "'": result += "&#39;"
        case "\"": result += "&quot;"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
