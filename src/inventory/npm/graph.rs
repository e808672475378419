//! The graph of a JavaScript lockfile and the scopes that follow from it.

use crate::inventory::formats::Parsed;
use crate::model::{ComponentKind, Scope};

/// Edges of one lockfile, and what each is for.
#[derive(Debug, Default)]
pub struct Graph {
    edges: Vec<(usize, usize, Scope)>,
    direct: Vec<(usize, Scope)>,
    roots: Vec<usize>,
}

impl Graph {
    /// Notes an own package whose dependencies are installed for themselves.
    pub fn add_root(&mut self, package: usize) {
        self.roots.push(package);
    }

    /// Notes that a package, or the product where it is no package, needs another.
    /// `scope` is what for: [`Scope::Runtime`] where nothing is special.
    pub fn add(&mut self, from: Option<usize>, to: usize, scope: Scope) {
        match from {
            Some(from) => self.edges.push((from, to, scope)),
            None => self.direct.push((to, scope)),
        }
    }

    /// Gives dependencies the scope that follows from the ways to them: a way is as
    /// exposed as its least exposed edge, a package as its most exposed way. What no way
    /// leads to keeps the scope that it has.
    pub fn walk(&self, parsed: &mut Parsed) {
        let scopes = self.scopes(parsed.packages.len());
        for (package, scope) in parsed.packages.iter_mut().zip(scopes) {
            if let Some(scope) = scope
                && package.kind == ComponentKind::Dependency
            {
                package.scope = scope;
            }
        }
    }

    /// Gives the edges to `parsed`.
    pub fn finish(self, parsed: &mut Parsed) {
        parsed.edges = self
            .edges
            .iter()
            .map(|(from, to, _)| (*from, *to))
            .collect();
        parsed.edges.sort_unstable();
        parsed.edges.dedup();
        parsed.direct = self.direct.iter().map(|(to, _)| *to).collect();
        parsed.direct.sort_unstable();
        parsed.direct.dedup();
    }

    fn scopes(&self, packages: usize) -> Vec<Option<Scope>> {
        let mut out: Vec<Vec<(usize, Scope)>> = vec![Vec::new(); packages];
        for (from, to, scope) in &self.edges {
            if let Some(edges) = out.get_mut(*from) {
                edges.push((*to, *scope));
            }
        }
        let mut waiting: Vec<(usize, Scope)> = self.direct.clone();
        waiting.extend(self.roots.iter().map(|root| (*root, Scope::Runtime)));
        let mut scopes: Vec<Option<Scope>> = vec![None; packages];
        // From the most exposed down, so that the first scope of a package is its own.
        for level in [
            Scope::Runtime,
            Scope::Unknown,
            Scope::Peer,
            Scope::Optional,
            Scope::Build,
            Scope::Dev,
        ] {
            let mut later = Vec::new();
            while let Some((package, scope)) = waiting.pop() {
                if scope > level {
                    later.push((package, scope));
                    continue;
                }
                let Some(slot @ None) = scopes.get_mut(package) else {
                    continue;
                };
                *slot = Some(level);
                for (to, edge) in out.get(package).into_iter().flatten() {
                    waiting.push((*to, level.max(*edge)));
                }
            }
            waiting = later;
        }
        scopes
    }
}
