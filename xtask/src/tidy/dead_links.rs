//! A link in a page leads somewhere: to a file or folder of the tree, and to a heading in it.

use super::finding::Finding;
use super::tree::{File, Tree};

/// Finds links of pages to what is not there; addresses of the network are not asked.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in tree.files.iter().filter(|file| file.has_extension("md")) {
        for (number, line) in outside_fences(page) {
            for link in links(line).filter(|link| !link.contains("://")) {
                if let Some(seen) = fault(tree, page, link) {
                    let mend = "name what is there, from this page's folder";
                    findings.push(Finding::at_line(&page.path, number, seen, mend));
                }
            }
        }
    }
    findings
}

/// What is wrong with a link of a page.
fn fault(tree: &Tree, page: &File, link: &str) -> Option<String> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let path = from(&page.path, path);
    let folder = format!("{path}/");
    let Some(target) = tree.file(&path) else {
        let is_folder = tree.files.iter().any(|file| file.path.starts_with(&folder));
        return (!is_folder).then(|| format!("a link to {path}, which is not there"));
    };
    if heading.is_empty() || !target.has_extension("md") {
        return None;
    }
    let mut headings = outside_fences(target).filter(|(_, line)| line.starts_with('#'));
    let is_there = headings.any(|(_, line)| anchor(line) == heading);
    (!is_there).then(|| format!("a link to the heading #{heading}, which {path} does not have"))
}

/// A path as seen from a page; an empty one is the page itself.
fn from(page: &str, path: &str) -> String {
    if path.is_empty() {
        return page.to_owned();
    }
    let mut parts: Vec<_> = page.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The targets of `[text](target)` in a line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let mut targets = line.split("](");
    targets.next();
    targets.filter_map(|rest| rest.split([')', ' ']).next())
}

/// A heading as its link says it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The lines of a page that are not in a block of code.
fn outside_fences(page: &File) -> impl Iterator<Item = (usize, &str)> {
    let mut is_code = false;
    page.lines().filter(move |(_, line)| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_to_what_is_not_there_is_found() {
        let page = "# A\n[b](b.md#the-2nd-way) [top](#a) [code](../src/)\n[x](https://a.example)\n\
                    [gone](gone.md)\n[no heading](b.md#third)\n```sh\n[not one](c.md)\n```\n";
        let tree = Tree::of(&[
            ("docs/a.md", page),
            ("docs/b.md", "# B\n\n## The 2nd `way`\n"),
            ("src/lib.rs", ""),
        ]);
        let found: Vec<_> = check(&tree).iter().map(Finding::place).collect();
        assert_eq!(found, ["docs/a.md:4", "docs/a.md:5"]);
    }
}
