/// A value that a program computes for one image: a map `[height, width, channels]` as it lies in memory, a sequence
/// `[steps, features]`, or features `[features]`.
package struct ProgramValue: Sendable, Equatable {
    /// Its number within the program.
    let index: Int
    /// Its extents, outermost first.
    let shape: [Int]

    /// Its elements.
    var count: Int { shape.reduce(1, *) }
    /// The last extent: channels or features.
    var features: Int { shape.last ?? 1 }
    /// How many cells or steps there are of so many features.
    var cells: Int { count / max(1, features) }
}
