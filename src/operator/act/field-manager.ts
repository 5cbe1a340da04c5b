// Under which name the operator's own writes stand in managedFields (DESIGN.md §1).

/** Status, finalizer, annotations. Helm's objects are written by helm, as `helm`. */
export const fieldManager = 'bookstore-operator';
