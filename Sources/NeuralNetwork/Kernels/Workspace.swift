/// The memory of one run of a ``Program``: each value has a stretch of it, and so has what a step works in.
///
/// Stretches of values that are needed at the same time never overlap: ``ProgramBuilder`` lays them out.
struct Workspace: ~Copyable {
    private let base: UnsafeMutablePointer<Float>
    private let places: [Range<Int>]
    private let scratch: Range<Int>

    /// Takes memory that reaches as far as `scratch`; it is not owned.
    init(_ base: UnsafeMutablePointer<Float>, places: [Range<Int>], scratch: Range<Int>) {
        self.base = base
        self.places = places
        self.scratch = scratch
    }

    /// A value, to read.
    @_lifetime(borrow self)
    func read(_ value: ProgramValue) -> Span<Float> {
        let place = places[value.index]
        let span = Span(_unsafeStart: UnsafePointer(base + place.lowerBound), count: place.count)
        return _overrideLifetime(span, borrowing: self)
    }

    /// A value, to write.
    @_lifetime(borrow self)
    func write(_ value: ProgramValue) -> MutableSpan<Float> {
        let place = places[value.index]
        let span = MutableSpan(_unsafeStart: base + place.lowerBound, count: place.count)
        return _overrideLifetime(span, borrowing: self)
    }

    /// A part of what a step works in, to read.
    @_lifetime(borrow self)
    func readScratch(_ part: Range<Int>) -> Span<Float> {
        precondition(part.lowerBound >= 0 && part.upperBound <= scratch.count)
        let span = Span(
            _unsafeStart: UnsafePointer(base + scratch.lowerBound + part.lowerBound), count: part.count)
        return _overrideLifetime(span, borrowing: self)
    }

    /// A part of what a step works in, to write.
    @_lifetime(borrow self)
    func writeScratch(_ part: Range<Int>) -> MutableSpan<Float> {
        precondition(part.lowerBound >= 0 && part.upperBound <= scratch.count)
        let span = MutableSpan(
            _unsafeStart: base + scratch.lowerBound + part.lowerBound, count: part.count)
        return _overrideLifetime(span, borrowing: self)
    }
}
