//! A private key in a token behind a PKCS#11 module: it never leaves there, and only digests
//! go there.
//!
//! Source: PKCS #11 2.40, and RFC 7512 for the names. The token is not taken at its word:
//! each signature is verified with the public key before anybody gets it. A module is a
//! library of somebody else that runs in this process: it is loaded only where the command
//! line names it, and how long it takes is up to it.

mod encoding;
mod error;
mod uri;

pub use error::Pkcs11Error;
pub use uri::{PKCS11_SCHEME, Pkcs11Uri};

use super::{Signer, digest_of};
use crate::model::{Digest, DigestAlgorithm};
use crate::signing::error::SigningError;
use crate::signing::key::{PublicKey, SignatureAlgorithm};
use crate::signing::key_file::Passphrase;
use crate::support::files;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as LibraryError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use std::path::Path;

/// Most tokens that are named in a message.
const MAX_SHOWN: usize = 8;

/// Signs with a key in a token.
pub struct Pkcs11Signer {
    session: Session,
    key: ObjectHandle,
    public_key: PublicKey,
    digest: DigestAlgorithm,
}

impl std::fmt::Debug for Pkcs11Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Signer")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// A token, before anybody has logged in.
pub struct Pkcs11Token<'a> {
    session: Session,
    uri: &'a Pkcs11Uri,
    label: String,
    info: TokenInfo,
}

impl std::fmt::Debug for Pkcs11Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pkcs11Token({})", self.label)
    }
}

impl<'a> Pkcs11Token<'a> {
    /// Opens the token of a key. `module` wins over the name's own.
    ///
    /// 1. The module is a file, and loads.
    /// 2. Exactly one token has every property that the name has.
    ///
    /// # Errors
    /// [`SigningError::Pkcs11`].
    pub fn open(uri: &'a Pkcs11Uri, module: Option<&Path>) -> Result<Self, SigningError> {
        let module = module.or(uri.module()).ok_or(Pkcs11Error::NoModule)?;
        // 1. Module.
        let context = load(module)?;
        // 2. Token.
        let (slot, info) = find_token(&context, uri)?;
        let session = context.open_ro_session(slot);
        Ok(Self {
            session: session.map_err(|e| Pkcs11Error::call(&e))?,
            uri,
            label: shown(info.label()),
            info,
        })
    }

    /// Whether it wants a PIN that is not typed at the device itself.
    #[must_use]
    pub fn needs_pin(&self) -> bool {
        self.info.login_required() && !self.info.protected_authentication_path()
    }

    /// The signer with the key. The PIN is tried once.
    ///
    /// 1. The token takes the PIN.
    /// 2. Exactly one private key has the name's label and id.
    /// 3. Its public key is there and of an allowed kind.
    ///
    /// # Errors
    /// [`SigningError::Pkcs11`]; [`SigningError::UnsupportedPublicKey`] for a weak key.
    pub fn signer(self, pin: Option<&Passphrase>) -> Result<Pkcs11Signer, SigningError> {
        // 1. PIN.
        if self.needs_pin() && pin.is_none() {
            return Err(Pkcs11Error::PinNeeded { token: self.label }.into());
        }
        if self.info.login_required() {
            login(&self.session, pin.filter(|_| self.needs_pin()), &self.label)?;
        }
        // 2. and 3.
        Pkcs11Signer::of(self.session, self.uri, &self.label)
    }
}

impl Pkcs11Signer {
    fn of(session: Session, uri: &Pkcs11Uri, token: &str) -> Result<Self, SigningError> {
        let key = find_key(&session, uri, token)?;
        let spki = public_key(&session, key, token)?;
        let public_key = PublicKey::from_spki(&spki)?;
        let algorithm = public_key.algorithm();
        let digest = match algorithm {
            SignatureAlgorithm::EcdsaP256Sha256
            | SignatureAlgorithm::EcdsaP384Sha384
            | SignatureAlgorithm::RsaPkcs1Sha256 => algorithm.digest_algorithm(),
            _ => None,
        };
        let digest = digest.ok_or_else(|| Pkcs11Error::UnsupportedKey {
            reason: algorithm.as_str().to_owned(),
        })?;
        Ok(Self {
            session,
            key,
            public_key,
            digest,
        })
    }

    fn ask(&self, digest: &Digest) -> Result<Vec<u8>, Pkcs11Error> {
        let sign = |mechanism, data: &[u8]| {
            let signature = self.session.sign(&mechanism, self.key, data);
            signature.map_err(|e| Pkcs11Error::call(&e))
        };
        match self.public_key.algorithm() {
            SignatureAlgorithm::RsaPkcs1Sha256 => {
                sign(Mechanism::RsaPkcs, &encoding::digest_info(digest.bytes())?)
            }
            _ => encoding::ecdsa_der(&sign(Mechanism::Ecdsa, digest.bytes())?),
        }
    }
}

impl Signer for Pkcs11Signer {
    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The message itself does not go to the token, which would take minutes for some.
    fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        self.sign_digest(&digest_of(self.digest, message)?)
    }

    fn sign_digest(&self, digest: &Digest) -> Result<Vec<u8>, SigningError> {
        if digest.algorithm() != self.digest {
            return Err(SigningError::UnsupportedDigest {
                got: digest.algorithm().as_str().to_owned(),
            });
        }
        let signature = self.ask(digest)?;
        self.public_key
            .verify_digest(digest, &signature)
            .map_err(|_| Pkcs11Error::WrongSignature {
                key: self.public_key.id().clone(),
            })?;
        Ok(signature)
    }
}

/// Loads a module by its whole path: no directory is searched for it. It is not finalized
/// again: it may be in use elsewhere in this process, and ends with it.
fn load(module: &Path) -> Result<Pkcs11, Pkcs11Error> {
    files::check_is_file(module)?;
    let failed = |reason| Pkcs11Error::Module {
        path: module.to_owned(),
        reason,
    };
    let whole = std::path::absolute(module).map_err(|e| failed(e.to_string()))?;
    let context = Pkcs11::new(whole).map_err(|e| failed(error::said(&e)))?;
    let flags = CInitializeFlags::OS_LOCKING_OK;
    match context.initialize(CInitializeArgs::new(flags)) {
        Ok(()) | Err(LibraryError::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(context),
        Err(error) => Err(failed(error::said(&error))),
    }
}

fn find_token(context: &Pkcs11, uri: &Pkcs11Uri) -> Result<(Slot, TokenInfo), Pkcs11Error> {
    let slots = context.get_slots_with_initialized_token();
    let slots = slots.map_err(|e| Pkcs11Error::call(&e))?;
    let mut meant = Vec::new();
    let mut found = Vec::new();
    for slot in slots {
        let token = context.get_token_info(slot);
        let token = token.map_err(|e| Pkcs11Error::call(&e))?;
        if found.len() < MAX_SHOWN {
            found.push(shown(token.label()));
        }
        let is = |want: &Option<String>, got: &str| want.as_ref().is_none_or(|want| want == got);
        if is(&uri.token, token.label())
            && is(&uri.serial, token.serial_number())
            && is(&uri.manufacturer, token.manufacturer_id())
            && is(&uri.model, token.model())
            && uri.slot.is_none_or(|want| want == slot.id())
        {
            meant.push((slot, token));
        }
    }
    let got = meant.len();
    match (got, meant.pop()) {
        (1, Some(one)) => Ok(one),
        _ => Err(Pkcs11Error::TokenCount { got, found }),
    }
}

fn login(session: &Session, pin: Option<&Passphrase>, token: &str) -> Result<(), Pkcs11Error> {
    let pin = match pin {
        None => None,
        Some(pin) => {
            Some(
                std::str::from_utf8(pin.bytes()).map_err(|_| Pkcs11Error::PinNeeded {
                    token: token.to_owned(),
                })?,
            )
        }
    };
    let pin = pin.map(AuthPin::from);
    match session.login(UserType::User, pin.as_ref()) {
        // Two keys of one token, opened by one run.
        Ok(()) | Err(LibraryError::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(error) => Err(Pkcs11Error::login(&error, token)),
    }
}

fn find_key(session: &Session, uri: &Pkcs11Uri, token: &str) -> Result<ObjectHandle, Pkcs11Error> {
    let mut wanted = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
    wanted.extend(
        uri.object
            .as_ref()
            .map(|label| Attribute::Label(label.clone().into_bytes())),
    );
    wanted.extend(uri.id.as_ref().map(|id| Attribute::Id(id.clone())));
    let keys = session.find_objects(&wanted);
    match keys.map_err(|e| Pkcs11Error::call(&e))?.as_slice() {
        [key] => Ok(*key),
        keys => Err(Pkcs11Error::KeyCount {
            got: keys.len(),
            token: token.to_owned(),
        }),
    }
}

/// The public key of a private one, SPKI DER: RSA's is in the private key; that of a curve
/// is an object of its own with the same id.
fn public_key(session: &Session, key: ObjectHandle, token: &str) -> Result<Vec<u8>, Pkcs11Error> {
    let read = |object, types: &[AttributeType]| {
        let attributes = session.get_attributes(object, types);
        attributes.map_err(|e| Pkcs11Error::call(&e))
    };
    let none = || Pkcs11Error::NoPublicKey {
        token: token.to_owned(),
    };
    let mut kind = None;
    let mut id = None;
    for attribute in read(key, &[AttributeType::KeyType, AttributeType::Id])? {
        match attribute {
            Attribute::KeyType(value) => kind = Some(value),
            Attribute::Id(value) => id = Some(value),
            _ => {}
        }
    }
    match kind {
        Some(KeyType::RSA) => {
            let types = [AttributeType::Modulus, AttributeType::PublicExponent];
            let (mut modulus, mut exponent) = (None, None);
            for attribute in read(key, &types)? {
                match attribute {
                    Attribute::Modulus(value) => modulus = Some(value),
                    Attribute::PublicExponent(value) => exponent = Some(value),
                    _ => {}
                }
            }
            let (modulus, exponent) = modulus.zip(exponent).ok_or_else(none)?;
            encoding::rsa_spki(&modulus, &exponent)
        }
        Some(KeyType::EC) => {
            let id = id.filter(|id| !id.is_empty()).ok_or_else(none)?;
            let wanted = [
                Attribute::Class(ObjectClass::PUBLIC_KEY),
                Attribute::KeyType(KeyType::EC),
                Attribute::Id(id),
            ];
            let objects = session.find_objects(&wanted);
            let objects = objects.map_err(|e| Pkcs11Error::call(&e))?;
            let [object] = objects.as_slice() else {
                return Err(none());
            };
            let types = [AttributeType::EcParams, AttributeType::EcPoint];
            let (mut parameters, mut point) = (None, None);
            for attribute in read(*object, &types)? {
                match attribute {
                    Attribute::EcParams(value) => parameters = Some(value),
                    Attribute::EcPoint(value) => point = Some(value),
                    _ => {}
                }
            }
            let (parameters, point) = parameters.zip(point).ok_or_else(none)?;
            encoding::ec_spki(&parameters, &point)
        }
        Some(other) => Err(Pkcs11Error::UnsupportedKey {
            reason: shown(&other.to_string()),
        }),
        None => Err(none()),
    }
}

fn shown(text: &str) -> String {
    crate::model::terminal_safe(text).into_owned()
}
