//! The accounts of the dashboard, in the hub's file.

use std::sync::Arc;

use v2x_store::hub::{HubStore, PersonRole, PersonRow};
use v2x_web::{Account, Accounts, Answer, Refusal, Role};

use super::super::Hub;
use super::HubSite;

/// Who may log in.
pub(crate) struct People(pub(crate) Arc<Hub>);

impl People {
    fn site(&self) -> HubSite {
        HubSite(Arc::clone(&self.0))
    }
}

impl Accounts for People {
    fn find(&self, user: &str) -> Answer<Option<Account>> {
        let found = self.0.reader().person(user);
        let found = found.map_err(|error| super::disk(&error))?;
        Ok(found.map(account))
    }

    fn list(&self) -> Answer<Vec<Account>> {
        let found = self.site().read(HubStore::people)?;
        Ok(found.into_iter().map(account).collect())
    }

    fn add(&self, new: Account) -> Answer<()> {
        let now = self.0.now();
        let name = new.user.clone();
        let added = self.site().write(move |store| {
            if store.person(&new.user)?.is_some() {
                return Ok(false);
            }
            // A new name takes no admin's role away.
            store.put_person(&row(new), now).map(|put| put.is_ok())
        })?;
        if added {
            return Ok(());
        }
        let what = format!("there is an account {name:?} already; change that one");
        Err(Refusal::Conflict(what))
    }

    fn change(&self, user: &str, role: Option<Role>, hash: Option<String>) -> Answer<()> {
        let now = self.0.now();
        let wanted = user.to_owned();
        let changed = self.site().write(move |store| {
            let Some(mut person) = store.person(&wanted)? else {
                return Ok(None);
            };
            person.role = role.map_or(person.role, role_of);
            person.password = hash.unwrap_or(person.password);
            store.put_person(&person, now).map(Some)
        })?;
        match changed {
            Some(Ok(())) => Ok(()),
            Some(Err(last)) => Err(Refusal::Conflict(last.to_string())),
            None => Err(missing(user)),
        }
    }

    fn remove(&self, user: &str) -> Answer<()> {
        let wanted = user.to_owned();
        match self
            .site()
            .write(move |store| store.remove_person(&wanted))?
        {
            Ok(true) => Ok(()),
            Ok(false) => Err(missing(user)),
            Err(last) => Err(Refusal::Conflict(last.to_string())),
        }
    }
}

fn missing(user: &str) -> Refusal {
    Refusal::NotFound(format!("there is no account {user:?}"))
}

fn account(person: PersonRow) -> Account {
    Account {
        user: person.name,
        role: match person.role {
            PersonRole::Viewer => Role::Viewer,
            PersonRole::Operator => Role::Operator,
            PersonRole::Admin => Role::Admin,
        },
        hash: person.password,
    }
}

fn row(account: Account) -> PersonRow {
    PersonRow {
        name: account.user,
        role: role_of(account.role),
        password: account.hash,
    }
}

const fn role_of(role: Role) -> PersonRole {
    match role {
        Role::Viewer => PersonRole::Viewer,
        Role::Operator => PersonRole::Operator,
        Role::Admin => PersonRole::Admin,
    }
}
