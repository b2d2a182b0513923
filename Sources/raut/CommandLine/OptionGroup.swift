/// Options that belong together, as the stored properties of a structure.
///
/// A property is an ``Option``, an array of options, or another group, which `--help` then shows under its own title.
/// Nothing else lists the options: what is a property is parsed and shown, and what is none can't be read.
package protocol OptionGroup: Sendable {
    /// What `--help` writes above the options.
    static var title: String { get }

    init()
}

extension OptionGroup {
    /// For the options that are a command's own.
    package static var title: String { "options" }

    /// The options under their titles, in the order of their declaration: the group's own first, then those of the
    /// groups within it.
    var sections: [OptionSection] {
        var own: [any AnyOption] = []
        var others: [OptionSection] = []
        for (_, value) in Mirror(reflecting: self).children {
            switch value {
            case let option as any AnyOption: own.append(option)
            case let options as [any AnyOption]: own += options
            case let group as any OptionGroup: others += group.sections
            default: continue
            }
        }
        return (own.isEmpty ? [] : [OptionSection(title: Self.title, options: own)]) + others
    }
}

/// Options under one title of the help.
package struct OptionSection: Sendable {
    package let title: String
    package let options: [any AnyOption]
}

/// A command that has no options.
package struct NoOptions: OptionGroup {
    package init() {}
}
