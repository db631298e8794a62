import KubernetesAPI

/// What is kept of the objects of one namespace, by name: in an array without gaps, and an index of that where there are
/// many.
///
/// Most namespaces have one account and two policies, a few have thousands of pods. A dictionary has half as much room
/// again as it needs, and its keys beside the names that values have already.
struct ObjectTable<Value> {
    /// What is kept of an object.
    struct Entry {
        var value: Value
        fileprivate var hash: UInt32 = 0
        var resourceVersion: ResourceVersion
        /// The list that has shown it last.
        var mark: UInt32

        init(value: Value, resourceVersion: ResourceVersion, mark: UInt32) {
            self.value = value
            self.resourceVersion = resourceVersion
            self.mark = mark
        }
    }

    /// How a value says its name; `nil` for values that do not.
    typealias NameOf = @Sendable (Value) -> String

    private let nameOf: NameOf?
    private(set) var entries: [Entry] = []
    // Of the entries, where their values do not say them.
    private var names: [String] = []
    // By hash, the place among the entries of those with it, or the next free: one more than it, 0 for none.
    private var index: [UInt32] = []

    // So many are looked through about as fast as an index, which costs each of few much room.
    private static var most: Int { 8 }

    /// A table of no objects.
    init(nameOf: NameOf?) {
        self.nameOf = nameOf
    }

    /// Whether it has no object.
    var isEmpty: Bool { entries.isEmpty }

    /// The name of the object at `position` of ``entries``.
    func name(at position: Int) -> String { nameOf?(entries[position].value) ?? names[position] }

    /// What is kept of the object `name`; setting `nil` removes it.
    subscript(name: String) -> Entry? {
        get { position(of: name, Self.hash(name)).map { entries[$0] } }
        set {
            let hash = Self.hash(name)
            let position = position(of: name, hash)
            guard var entry = newValue else {
                position.map { remove(at: $0) }
                return
            }
            entry.hash = hash
            if let position {
                entries[position] = entry
            } else {
                append(entry, name)
            }
        }
    }

    /// Changes what is kept of the object `name`, if it is there.
    @discardableResult
    mutating func update<Result>(_ name: String, _ change: (inout Entry) -> Result) -> Result? {
        position(of: name, Self.hash(name)).map { change(&entries[$0]) }
    }

    private static func hash(_ name: String) -> UInt32 { UInt32(truncatingIfNeeded: name.hashValue) }

    private func position(of name: String, _ hash: UInt32) -> Int? {
        if index.isEmpty { return entries.indices.first { entries[$0].hash == hash && self.name(at: $0) == name } }
        var slot = home(hash)
        while let position = position(in: slot) {
            if entries[position].hash == hash, self.name(at: position) == name { return position }
            slot = after(slot)
        }
        return nil
    }

    private mutating func append(_ entry: Entry, _ name: String) {
        // An array left to itself doubles.
        let room = entries.count + entries.count / 8 + 1
        if entries.count == entries.capacity { entries.reserveCapacity(room) }
        entries.append(entry)
        if nameOf == nil {
            if names.count == names.capacity { names.reserveCapacity(room) }
            names.append(name)
        }
        if entries.count > Self.most, entries.count * 4 > index.count * 3 {
            rebuildIndex()
        } else if !index.isEmpty {
            enter(entries.count - 1)
        }
    }

    // The last takes its place.
    private mutating func remove(at position: Int) {
        let last = entries.count - 1
        let freed = index.isEmpty ? nil : slot(of: position)
        if freed != nil, position != last { index[slot(of: last)] = UInt32(position + 1) }
        entries.swapAt(position, last)
        entries.removeLast()
        if nameOf == nil {
            names.swapAt(position, last)
            names.removeLast()
        }
        if let freed { close(freed) }
        guard entries.count < entries.capacity / 4 else { return }
        entries = entries.map { $0 }
        names = names.map { $0 }
        rebuildIndex()
    }

    // MARK: The index

    private func home(_ hash: UInt32) -> Int { Int(hash) & (index.count - 1) }
    private func after(_ slot: Int) -> Int { (slot + 1) & (index.count - 1) }
    private func position(in slot: Int) -> Int? { index[slot] == 0 ? nil : Int(index[slot]) - 1 }

    private func slot(of position: Int) -> Int {
        var slot = home(entries[position].hash)
        while index[slot] != UInt32(position + 1) { slot = after(slot) }
        return slot
    }

    private mutating func enter(_ position: Int) {
        var slot = home(entries[position].hash)
        while index[slot] != 0 { slot = after(slot) }
        index[slot] = UInt32(position + 1)
    }

    // What was entered behind a slot since that was taken moves up, so that it is still found.
    private mutating func close(_ freed: Int) {
        var hole = freed
        var slot = after(hole)
        while let position = position(in: slot) {
            let home = home(entries[position].hash)
            let mask = index.count - 1
            if (slot - home) & mask >= (slot - hole) & mask {
                index[hole] = index[slot]
                hole = slot
            }
            slot = after(slot)
        }
        index[hole] = 0
    }

    private mutating func rebuildIndex() {
        guard entries.count > Self.most else {
            index = []
            return
        }
        var slots = 1
        while slots * 3 < entries.count * 5 { slots *= 2 }
        index = Array(repeating: 0, count: slots)
        for position in entries.indices { enter(position) }
    }
}
