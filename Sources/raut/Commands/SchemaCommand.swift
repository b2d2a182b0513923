import Events

/// `raut schema`: what the lines that programs read look like.
enum SchemaCommand {
    static let command = Command(
        name: "schema", summary: "the JSON Schema of events and of what --json writes",
        options: NoOptions.self,
        example: "raut schema >events.schema.json"
    ) { _ in
        try StandardOutput.write(EventSchema.text)
        return 0
    }
}
