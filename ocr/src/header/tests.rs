//! Rules on small pages; what they find on whole sets is measured by `./dev bench fields`.
