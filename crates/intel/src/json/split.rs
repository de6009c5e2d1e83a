//! The objects of an envelope (TAXII 2.1 §3.7) or of a bundle (STIX 2.1 §8), found without a tree of the whole body.
//!
//! The scan counts brackets outside strings. So an object that is not I-JSON still has an extent as long as its quotes and
//! brackets balance, and its neighbours are read. Extra memory: the list of extents, and the tree of one object at a time.

use super::reader::{read, skip_plain};
use super::{JsonError, JsonRule, Limits, Member, Node, Value};

/// The exact bytes of each object of `{"objects":[…]}`, each checked to be I-JSON. Other members of the body are read and
/// ignored: TAXII sinks post whole bundles. A body without `objects` has none. Use [`object_extents`] where each object is
/// going to be read anyway.
///
/// # Errors
/// Outer: the body is not an object, its own members are not I-JSON, it exceeds [`Limits::body_bytes_max`] or
/// [`Limits::objects_max`], or the end of an object cannot be found. Inner: this object alone is refused; offsets count
/// from the start of the body, pointers begin with `/objects/<n>`.
pub fn split_objects<'a>(body: &'a [u8], limits: &Limits) -> Result<Vec<Result<&'a [u8], JsonError>>, JsonError> {
    let mut objects = Vec::new();
    let mut extents = object_extents(body, limits)?;
    while let Some(bytes) = extents.next_extent()? {
        let index = objects.len();
        let offset = extents.last_start;
        let place = |mut error: JsonError| {
            error.offset += offset;
            error.within(&index.to_string()).within("objects")
        };
        objects.push(if bytes.first() == Some(&b'{') {
            read(bytes, limits).map(|_| bytes).map_err(place)
        } else {
            let message = "an element of objects that is not an object";
            Err(place(JsonError::new(0, JsonRule::NotAnObject, message)))
        });
    }
    Ok(objects)
}

/// A walk over the elements of `objects`; see [`object_extents`].
pub struct ObjectExtents<'a, 'l> {
    body: &'a [u8],
    limits: &'l Limits,
    at: usize,
    /// Where the extent that was given last begins.
    last_start: usize,
    state: State,
    count: usize,
    outer: OuterMembers<'a>,
}

/// The body's own members, `objects` aside: `type` and `id` of a bundle, `more` and `next` of an envelope.
#[derive(Clone, Debug, Default)]
pub struct OuterMembers<'a> {
    members: Vec<Member<'a>>,
    /// Whether the body has the member `objects`.
    pub has_objects: bool,
}

impl<'a> OuterMembers<'a> {
    /// The value of a member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.members.iter().find(|member| member.key == key).map(|member| &member.node)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a member of the body, or its closing brace; true when one was read.
    Members {
        some: bool,
    },
    /// Inside the array `objects`; true when an element was read.
    Objects {
        some: bool,
    },
    End,
}

/// Most members that a body itself may have. An envelope has three, a bundle three; `x_` members are allowed.
const BODY_MEMBERS_MAX: usize = 64;

/// The extents of the elements of `objects`, found by their brackets alone: what an extent holds is **not** checked, and
/// may be no object at all. For callers that read each object next and so report what is wrong in its place.
///
/// # Errors
/// The body exceeds [`Limits::body_bytes_max`] or does not begin as an object.
pub fn object_extents<'a, 'l>(body: &'a [u8], limits: &'l Limits) -> Result<ObjectExtents<'a, 'l>, JsonError> {
    if body.len() > limits.body_bytes_max {
        let message = format!("the body has {} bytes, at most {} are allowed", body.len(), limits.body_bytes_max);
        return Err(JsonError::new(limits.body_bytes_max, JsonRule::TooLong, message));
    }
    let state = State::Members { some: false };
    let mut extents =
        ObjectExtents { body, limits, at: 0, last_start: 0, state, count: 0, outer: OuterMembers::default() };
    extents.skip_space();
    if extents.peek() != Some(b'{') {
        let message = "the body is not an object with the member \"objects\"";
        return Err(JsonError::new(extents.at, JsonRule::NotAnObject, message));
    }
    extents.at += 1;
    Ok(extents)
}

impl<'a> ObjectExtents<'a, '_> {
    /// The bytes of the next element, or none after the last; then the rest of the body has been checked as well.
    ///
    /// # Errors
    /// What is wrong with the body outside its objects, or an element whose end cannot be found. The walk is over then.
    pub fn next_extent(&mut self) -> Result<Option<&'a [u8]>, JsonError> {
        let result = self.advance();
        if result.is_err() {
            self.state = State::End;
        }
        result
    }

    /// Offset in the body of the extent that was given last.
    #[must_use]
    pub fn last_start(&self) -> usize {
        self.last_start
    }

    /// The members beside `objects` that were read so far: all of them after the last extent.
    #[must_use]
    pub fn outer(&self) -> &OuterMembers<'a> {
        &self.outer
    }

    fn advance(&mut self) -> Result<Option<&'a [u8]>, JsonError> {
        loop {
            self.skip_space();
            match self.state {
                State::End => return Ok(None),
                State::Members { some } => {
                    if self.peek() == Some(b'}') {
                        self.at += 1;
                        self.skip_space();
                        if self.at < self.body.len() {
                            return Err(self.syntax("the end of the body"));
                        }
                        self.state = State::End;
                        continue;
                    }
                    if some {
                        self.expect(b',', "',' or '}' after a member of the body")?;
                        self.skip_space();
                    }
                    self.state = State::Members { some: true };
                    self.member()?;
                }
                State::Objects { some } => {
                    if self.peek() == Some(b']') {
                        self.at += 1;
                        self.state = State::Members { some: true };
                        continue;
                    }
                    if some {
                        self.expect(b',', "',' or ']' after an object")?;
                        self.skip_space();
                    }
                    self.state = State::Objects { some: true };
                    if self.count >= self.limits.objects_max {
                        let message = format!("more than {} objects in one body", self.limits.objects_max);
                        return Err(JsonError::new(self.at, JsonRule::TooManyItems, message).within("objects"));
                    }
                    self.count += 1;
                    self.last_start = self.at;
                    return self.extent().map(Some);
                }
            }
        }
    }

    /// One member of the body: `objects` opens the walk, every other value is read strictly and dropped.
    fn member(&mut self) -> Result<(), JsonError> {
        let key_at = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.syntax("a member name in quotes"));
        }
        let key_bytes = self.extent()?;
        let key_node = self.part(key_bytes, key_at)?;
        let Value::String(key) = key_node.value else { return Err(self.syntax("a member name in quotes")) };
        if self.outer.get(&key).is_some() || (key == "objects" && self.outer.has_objects) {
            let message = "this member name stands twice in the body";
            return Err(JsonError::new(key_at, JsonRule::DuplicateKey, message).within(&key));
        }
        if self.outer.members.len() >= BODY_MEMBERS_MAX {
            let message = format!("a body with more than {BODY_MEMBERS_MAX} members");
            return Err(JsonError::new(key_at, JsonRule::TooManyMembers, message));
        }
        self.skip_space();
        self.expect(b':', "':'")?;
        self.skip_space();
        if key == "objects" {
            if self.peek() != Some(b'[') {
                let message = "the member \"objects\" is not an array";
                return Err(JsonError::new(self.at, JsonRule::NotAnObject, message).within("objects"));
            }
            self.at += 1;
            self.outer.has_objects = true;
            self.state = State::Objects { some: false };
        } else {
            let start = self.at;
            let value = self.extent()?;
            let node = self.part(value, start).map_err(|error| error.within(&key))?;
            self.outer.members.push(Member { key, node });
        }
        Ok(())
    }

    fn part(&self, bytes: &'a [u8], offset: usize) -> Result<Node<'a>, JsonError> {
        read(bytes, self.limits).map_err(|mut error| {
            error.offset += offset;
            error
        })
    }

    /// From the first byte of a value to its end, by brackets and quotes alone.
    fn extent(&mut self) -> Result<&'a [u8], JsonError> {
        let start = self.at;
        let mut open = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => self.skip_string()?,
                Some(b'{' | b'[') => {
                    open += 1;
                    self.at += 1;
                    self.at += plain_run(&self.body[self.at..]);
                    continue;
                }
                Some(b'}' | b']') if open > 0 => {
                    open -= 1;
                    self.at += 1;
                }
                Some(b'}' | b']' | b',') | None if open == 0 => {
                    return Err(self.syntax("a value"));
                }
                Some(_) if open == 0 => {
                    // A word or a number: it ends where the next delimiter stands.
                    while self
                        .peek()
                        .is_some_and(|byte| !matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))
                    {
                        self.at += 1;
                    }
                }
                Some(_) => {
                    self.at += 1;
                    self.at += plain_run(&self.body[self.at..]);
                    continue;
                }
                None => {
                    let message = "the end of this value cannot be found: its brackets do not balance";
                    return Err(JsonError::new(start, JsonRule::Syntax, message));
                }
            }
            if open == 0 {
                return Ok(&self.body[start..self.at]);
            }
        }
    }

    fn skip_string(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            at = skip_plain(self.body, at);
            match self.body.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(());
                }
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
                None => return Err(JsonError::new(start, JsonRule::Syntax, "a string that never ends")),
            }
        }
    }

    fn expect(&mut self, byte: u8, expected: &str) -> Result<(), JsonError> {
        if self.peek() != Some(byte) {
            return Err(self.syntax(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.body.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn syntax(&self, expected: &str) -> JsonError {
        let message = match self.peek() {
            Some(found) => format!("expected {expected}, found {:?}", char::from(found)),
            None => format!("expected {expected}, found the end of the body"),
        };
        JsonError::new(self.at, JsonRule::Syntax, message)
    }
}

/// How many bytes from the start are neither quote nor bracket.
fn plain_run(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']')).unwrap_or(bytes.len())
}
