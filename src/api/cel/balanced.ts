/** Of the operators of `a && b && c`, from the first to the last, the one that cel-go has at the top. */
export const balanced = (first: number, last: number): number => Math.floor((first + last + 1) / 2);
