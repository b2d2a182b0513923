/// The JSON Schema (2020-12) of the event lines and of what other commands write with `--json`.
package enum EventSchema {
    /// The schema as JSON.
    package static var text: String { String(decoding: PackageResources.events_schema_json, as: UTF8.self) }
}
