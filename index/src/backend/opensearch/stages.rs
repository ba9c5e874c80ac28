//! The best pages first: a question in stages, so that not every page that answers has to be read to rank it.

use crate::backend::{Node, Plan, Ranking, Term, WordTerms};
use crate::lower::across_pages;
use crate::query::{self, Clause};
use crate::rank::Tier;

/// Pages that rank behind those of the stages before.
pub(super) struct Stage {
    /// Which pages answer that well or better.
    pub(super) wanted: Node,
    /// The tier of all of them where they stand in no order but that of case and page, and the header of all or none has the words; else
    /// each must be read.
    pub(super) tier: Option<Tier>,
}

/// The last stage is all that answers.
pub(super) fn stages(plan: &Plan) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let root = &plan.ranking.query.root;
    if let Some(clauses) = clauses(root) {
        let is_close = clauses.iter().all(|clause| clause.slop == 0);
        let is_one = clauses.iter().all(|clause| clause.units.len() < 2);
        for tier in [Tier::ExactPhrase, Tier::FoldedPhrase, Tier::ExactWords] {
            let is_phrase = tier != Tier::ExactWords;
            if is_phrase || !is_one {
                let mut all: Vec<Node> =
                    clauses.iter().map(|clause| at_least(&plan.ranking, clause, tier)).collect();
                // What is asked beside words holds too.
                all.push(plan.wanted.clone());
                let wanted = Node::All(all);
                // What was restored stands among the folded.
                let is_known =
                    is_phrase && is_close && !(tier == Tier::FoldedPhrase && plan.ranking.is_restored());
                let tier = is_known.then_some(tier);
                if let (Some(_), Some(header)) = (tier, &plan.ranking.header) {
                    let before = stages.last().map(|stage| stage.wanted.clone());
                    let first = Node::All(vec![wanted.clone(), header.clone()]);
                    stages
                        .push(Stage { wanted: Node::Any(before.into_iter().chain([first]).collect()), tier });
                }
                stages.push(Stage { wanted, tier });
            }
        }
    }
    let tier = if plan.ranking.words.is_empty() { Some(Tier::Filter) } else { None };
    stages.push(Stage { wanted: plan.wanted.clone(), tier });
    stages
}

/// The clauses of a question all of which must hold: it ranks as the worst of them.
fn clauses(root: &query::Node) -> Option<Vec<&Clause>> {
    let parts = match root {
        query::Node::All(parts) => parts.as_slice(),
        part => std::slice::from_ref(part),
    };
    let mut clauses = Vec::new();
    for part in parts {
        match part {
            query::Node::Words(clause) => clauses.push(clause),
            query::Node::Filter(_) | query::Node::Not(_) => {}
            query::Node::All(_) | query::Node::Any(_) => return None,
        }
    }
    if clauses.is_empty() { None } else { Some(clauses) }
}

/// Words that stand together, on a page or from its end into the next one.
fn standing(mut places: Vec<Vec<Term>>, slop: u32) -> Node {
    if places.len() == 1 { Node::Terms(places.remove(0)) } else { across_pages(places, slop) }
}

/// The pages that answer a clause as well as this tier or better.
fn at_least(ranking: &Ranking, clause: &Clause, tier: Tier) -> Node {
    let exact: fn(&WordTerms) -> &Vec<Term> = |word| &word.exact;
    let folded: fn(&WordTerms) -> &Vec<Term> = |word| &word.folded;
    let places = |slots: &[usize], form: fn(&WordTerms) -> &Vec<Term>| {
        slots.iter().map(|slot| form(&ranking.words[*slot]).clone()).collect::<Vec<_>>()
    };
    // Loose words that happen to stand together over a page break are not all on the page.
    let together = |form| match clause.units.as_slice() {
        [slots] => standing(places(slots, form), clause.slop),
        _ => Node::Phrase { places: places(&clause.slots(), form), slop: clause.slop },
    };
    let mut ways = vec![together(exact)];
    if tier >= Tier::FoldedPhrase {
        ways.push(together(folded));
    }
    if tier >= Tier::ExactWords && clause.units.len() > 1 {
        ways.push(Node::All(clause.units.iter().map(|unit| standing(places(unit, exact), 0)).collect()));
    }
    Node::Any(ways)
}
