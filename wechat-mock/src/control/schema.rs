//! JSON Schemas of what control calls take, made from the types that read it.
//!
//! A mock without the feature `console` answers the calls and describes none of them.

#[cfg(feature = "console")]
mod made {
    use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
    use serde_json::{Map, Value};

    /// A type whose JSON can be described.
    pub(in crate::control) trait Shape: JsonSchema {}
    impl<T: JsonSchema> Shape for T {}

    /// A JSON Schema.
    pub(in crate::control) type Schema = Value;

    /// Makes schemas, and keeps those that have a name.
    #[derive(Debug)]
    pub(in crate::control) struct Schemas(SchemaGenerator);

    impl Schemas {
        pub(in crate::control) fn new() -> Self {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            });
            Self(settings.into_generator())
        }

        /// A reference to the schema of a type, or the schema itself when it has no name.
        pub(in crate::control) fn named<T: Shape>(&mut self) -> Schema {
            self.0.subschema_for::<T>().to_value()
        }

        /// The schema of a type.
        pub(in crate::control) fn whole<T: Shape>(&mut self) -> Schema {
            T::json_schema(&mut self.0).to_value()
        }

        /// The schemas that were referred to, by name.
        pub(in crate::control) fn take(mut self) -> Map<String, Value> {
            self.0.take_definitions(true)
        }
    }
}

/// A type whose JSON could be described.
#[cfg(not(feature = "console"))]
pub(super) trait Shape {}
#[cfg(not(feature = "console"))]
impl<T> Shape for T {}

#[cfg(feature = "console")]
pub(super) use made::{Schema, Schemas, Shape};
