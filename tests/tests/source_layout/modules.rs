//! The product's crates as trees of modules, read with `syn`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

use crate::{read, references, workspace};

/// Every module of every product crate.
#[derive(Default)]
pub(crate) struct Modules {
    pub(crate) all: Vec<Module>,
}

/// An index into [`Modules::all`].
pub(crate) type ModuleId = usize;

/// A path as it is written, such as `["crate", "flows", "mail"]`.
pub(crate) type Segments = Vec<String>;

/// A module: a file, or a block inside one.
pub(crate) struct Module {
    pub(crate) file: PathBuf,
    pub(crate) root: ModuleId,
    pub(crate) parent: Option<ModuleId>,
    pub(crate) children: HashMap<String, ModuleId>,
    pub(crate) names: HashMap<String, Name>,
    pub(crate) globs: Vec<Segments>,
    /// The paths that the module's own code uses.
    pub(crate) references: Vec<Segments>,
}

/// What a name in a module stands for.
pub(crate) enum Name {
    Defined,
    Imported(Segments),
}

/// What a path leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Module(ModuleId),
    /// An item that this module defines.
    ItemOf(ModuleId),
}

/// Reads the crates of the workspace, without those of the tests.
pub(crate) fn read_product() -> Modules {
    let mut modules = Modules::default();
    for root in crate_roots() {
        let id = modules.add(root.clone(), None);
        let children = root.parent().expect("a folder").to_owned();
        modules.read_file(id, &children);
    }
    modules
}

/// `main.rs`, `lib.rs` and the programs in `bin` of each member of the workspace.
fn crate_roots() -> Vec<PathBuf> {
    let mut roots = Vec::new();
    for src in product_folders() {
        roots.extend(
            ["lib.rs", "main.rs"].map(|name| src.join(name)).into_iter().filter(|path| path.exists()),
        );
        if let Ok(programs) = fs::read_dir(src.join("bin")) {
            roots.extend(programs.map(|program| program.expect("a file").path()));
        }
    }
    assert!(roots.len() >= 10, "only {roots:?} were found");
    roots
}

/// The source folder of every product crate.
pub(crate) fn product_folders() -> Vec<PathBuf> {
    let manifest = read(&workspace().join("Cargo.toml"));
    let (_, list) = manifest.split_once("members = [").expect("a list of members");
    let (list, _) = list.split_once(']').expect("the end of the list");
    let members = list.split(',').map(|name| name.trim().trim_matches('"'));
    let product = members.filter(|name| !name.is_empty() && *name != "tests");
    product.map(|name| workspace().join(name).join("src")).collect()
}

impl Modules {
    fn add(&mut self, file: PathBuf, parent: Option<ModuleId>) -> ModuleId {
        let id = self.all.len();
        self.all.push(Module {
            file,
            root: parent.map_or(id, |parent| self.all[parent].root),
            parent,
            children: HashMap::new(),
            names: HashMap::new(),
            globs: Vec::new(),
            references: Vec::new(),
        });
        id
    }

    /// Reads a module's file. Those of its children are in `folder`.
    fn read_file(&mut self, id: ModuleId, folder: &Path) {
        let path = self.all[id].file.clone();
        let file =
            syn::parse_file(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.read_items(id, file.items, folder);
    }

    fn read_items(&mut self, id: ModuleId, items: Vec<Item>, folder: &Path) {
        for item in items {
            if is_for_tests(references::attributes(&item)) {
                continue;
            }
            match item {
                Item::Mod(module) => self.read_child(id, module, folder),
                Item::Use(import) => self.read_use(id, &import),
                item => {
                    if let Some(name) = references::name_of(&item) {
                        self.all[id].names.insert(name, Name::Defined);
                    }
                    self.all[id].references.extend(references::of(&item));
                }
            }
        }
    }

    fn read_child(&mut self, parent: ModuleId, module: ItemMod, folder: &Path) {
        let name = module.ident.to_string();
        let inner = folder.join(&name);
        let beside = folder.join(format!("{name}.rs"));
        let file = match &module.content {
            Some(_) => self.all[parent].file.clone(),
            None if beside.exists() => beside,
            None => inner.join("mod.rs"),
        };
        let id = self.add(file, Some(parent));
        self.all[parent].children.insert(name, id);
        match module.content {
            Some((_, items)) => self.read_items(id, items, &inner),
            None => self.read_file(id, &inner),
        }
    }

    /// A private import counts as a use. One that passes a name on does not, unless the module's own code says the name.
    fn read_use(&mut self, id: ModuleId, import: &ItemUse) {
        let passes_on = !matches!(import.vis, Visibility::Inherited);
        let module = &mut self.all[id];
        for (path, name) in imports(&import.tree) {
            match name {
                None => module.globs.push(path),
                Some(name) => {
                    if !passes_on {
                        module.references.push(path.clone());
                    }
                    module.names.insert(name, Name::Imported(path));
                }
            }
        }
    }

    /// Where a path leads that is written in a module; `None` for what other crates define, and for local names.
    pub(crate) fn resolve(&self, from: ModuleId, path: &[String]) -> Option<Target> {
        self.resolve_within(from, path, 0)
    }

    fn resolve_within(&self, from: ModuleId, path: &[String], depth: usize) -> Option<Target> {
        // Names may be imported in a circle by globs.
        if depth > 16 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        let mut target = match first.as_str() {
            "crate" => Target::Module(self.all[from].root),
            "self" => Target::Module(from),
            "super" => Target::Module(self.all[from].parent?),
            name => self.look_up(from, name, depth)?,
        };
        for name in rest {
            let Target::Module(module) = target else { break };
            target = match (name.as_str(), self.all[module].parent) {
                ("super", Some(parent)) => Target::Module(parent),
                ("self", _) => target,
                (name, _) => self.look_up(module, name, depth).unwrap_or(Target::ItemOf(module)),
            };
        }
        Some(target)
    }

    fn look_up(&self, module: ModuleId, name: &str, depth: usize) -> Option<Target> {
        let found = &self.all[module];
        if let Some(child) = found.children.get(name) {
            return Some(Target::Module(*child));
        }
        match found.names.get(name) {
            Some(Name::Defined) => return Some(Target::ItemOf(module)),
            // `use time::time;` imports from another crate, even if a module here has its name.
            Some(Name::Imported(path)) if path.first().is_some_and(|first| first == name) => return None,
            Some(Name::Imported(path)) => return self.resolve_within(module, path, depth + 1),
            None => {}
        }
        found.globs.iter().find_map(|glob| match self.resolve_within(module, glob, depth + 1)? {
            Target::Module(from) if from != module => self.look_up(from, name, depth + 1),
            _ => None,
        })
    }
}

/// Each path that a `use` names, with the name that it gets: none for a glob.
fn imports(tree: &UseTree) -> Vec<(Segments, Option<String>)> {
    let below = |first: String, tree: &UseTree| {
        let prefixed = imports(tree).into_iter().map(|(mut path, name)| {
            let name = name.map(|name| if name == "self" { first.clone() } else { name });
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            path.insert(0, first.clone());
            (path, name)
        });
        prefixed.collect()
    };
    match tree {
        UseTree::Path(path) => below(path.ident.to_string(), &path.tree),
        UseTree::Name(name) => vec![(vec![name.ident.to_string()], Some(name.ident.to_string()))],
        UseTree::Rename(name) => vec![(vec![name.ident.to_string()], Some(name.rename.to_string()))],
        UseTree::Glob(_) => vec![(Vec::new(), None)],
        UseTree::Group(group) => group.items.iter().flat_map(imports).collect(),
    }
}

/// Whether `#[cfg(test)]` stands there.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}
