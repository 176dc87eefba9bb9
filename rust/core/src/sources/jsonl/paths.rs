//! Where the wanted columns are in a line's object.

/// A key that leads to wanted columns.
#[derive(Debug)]
pub(super) struct Node {
    key: String,
    /// The column that its value is.
    pub(super) column: Option<usize>,
    /// What leads on within its object.
    pub(super) inside: Vec<usize>,
    /// Whether it is a whole name at the top, which comes before one with the same path in dots.
    pub(super) whole: bool,
}

/// The keys that lead to the wanted columns.
#[derive(Debug)]
pub(super) struct Paths {
    nodes: Vec<Node>,
    /// Those of the line's own object.
    pub(super) top: Vec<usize>,
}

impl Paths {
    pub(super) fn new(names: &[String]) -> Self {
        let mut paths = Self { nodes: Vec::new(), top: Vec::new() };
        for (column, name) in names.iter().enumerate() {
            let at = paths.find_or_add(None, name);
            (paths.nodes[at].column, paths.nodes[at].whole) = (Some(column), true);
        }
        for (column, name) in names.iter().enumerate().filter(|(_, name)| name.contains('.')) {
            let mut parent = None;
            for part in name.split('.') {
                parent = Some(paths.find_or_add(parent, part));
            }
            if let Some(at) = parent {
                paths.nodes[at].column = Some(column);
            }
        }
        paths
    }

    fn find_or_add(&mut self, parent: Option<usize>, key: &str) -> usize {
        if let Some(known) = self.find(self.inside(parent), key) {
            return known;
        }
        let at = self.nodes.len();
        self.nodes.push(Node { key: key.to_owned(), column: None, inside: Vec::new(), whole: false });
        match parent {
            Some(parent) => self.nodes[parent].inside.push(at),
            None => self.top.push(at),
        }
        at
    }

    /// What leads on within the value of a node, or within the line's own object.
    pub(super) fn inside(&self, node: Option<usize>) -> &[usize] {
        node.map_or(&self.top, |node| &self.nodes[node].inside)
    }

    pub(super) fn find(&self, among: &[usize], key: &str) -> Option<usize> {
        among.iter().copied().find(|&at| self.nodes[at].key == key)
    }

    pub(super) fn node(&self, at: usize) -> &Node {
        &self.nodes[at]
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }
}
