extension String {
    /// The text with `?` for each control character and break of a line, as ls(1) shows names in a terminal: what a file is
    /// called may not move the cursor there, nor make two lines of one.
    package var inOneLine: String {
        let hasControls = unicodeScalars.contains { $0.isControl }
        guard hasControls else { return self }
        return String(String.UnicodeScalarView(unicodeScalars.map { $0.isControl ? "?" : $0 }))
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
