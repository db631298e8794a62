/// A value that holds secrets and whose `description` leaves them out.
///
/// Conforming closes the other ways by which a value reaches a log line: `debugPrint`, string interpolation of a value
/// that contains it, `dump` and anything else that walks a `Mirror`. They all show the `description` and no more.
public protocol Redacted: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Redacted {
    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror without children: reflection must not show what `description` hides.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
